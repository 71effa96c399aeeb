//! Ids for a household that nobody knew, made from the request that told of it.

use kernel::{CaseId, Gemeentecode, Key, RequestId, ids::derived_uuid};
use uuid::Uuid;

/// The case of a household that nobody knew: the same for every repeat of the request.
///
/// It has the form of a case id, a UUIDv7 whose 62 low bits are free: the instant is that of the request id, the free bits
/// are a SHA-1 of request and municipality. Request ids are random, so these are as good as random to everybody else and
/// the id can be a trace id (W3C Trace Context asks for random right-most bytes).
pub fn case_for(request: RequestId, gemeente: Gemeentecode) -> CaseId {
    CaseId::from_uuid(shaped(request.uuid(), &format!("case/{gemeente}")))
}

/// The address file that intake gets for such a household.
pub fn file_for(request: RequestId, gemeente: Gemeentecode) -> Key {
    Key::new(gemeente, shaped(request.uuid(), &format!("file/{gemeente}")))
}

fn shaped(from: Uuid, purpose: &str) -> Uuid {
    let millis = from.get_timestamp().map_or(0, |at| {
        let (seconds, nanos) = at.to_unix();
        seconds.saturating_mul(1_000).saturating_add(u64::from(nanos) / 1_000_000)
    });
    // Of a version 5 id, the bytes 6 and 8 are not wholly hash.
    let [a, b, c, d, _, _, _, _, _, e, f, g, h, i, j, k] = *derived_uuid(from, purpose).as_bytes();
    uuid::Builder::from_unix_timestamp_millis(millis, &[a, b, c ^ d, e, f, g, h, i, j, k]).into_uuid()
}
