//! How often somebody may use the public pages: per address of the network, and per e-mail address; and how many files.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::{Site, pages};
use crate::web::Peer;

/// Forms, checks and confirmations per address of the network: at once, and again per minute.
const POSTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// Pages likewise.
const LOOKS: NonZeroU32 = NonZeroU32::MIN.saturating_add(119);
/// Mails per e-mail address: at once, and again per hour.
const MAILS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);
/// Files per address of the network: at once, and again per hour.
const FILES: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);
/// Above so many it is looked who can be forgotten.
const REMEMBERED: usize = 10_000;

pub(super) struct Limits {
    behind_proxy: bool,
    posts: DefaultKeyedRateLimiter<IpAddr>,
    looks: DefaultKeyedRateLimiter<IpAddr>,
    mails: DefaultKeyedRateLimiter<String>,
    files: DefaultKeyedRateLimiter<IpAddr>,
}

impl Limits {
    pub(super) fn new(behind_proxy: bool) -> Self {
        Self {
            behind_proxy,
            posts: RateLimiter::keyed(Quota::per_minute(POSTS)),
            looks: RateLimiter::keyed(Quota::per_minute(LOOKS)),
            mails: RateLimiter::keyed(Quota::per_hour(MAILS)),
            files: RateLimiter::keyed(Quota::per_hour(FILES)),
        }
    }

    /// Whether this address may get another mail.
    pub(super) fn may_mail(&self, email: &str) -> bool {
        if self.mails.len() > REMEMBERED {
            self.mails.retain_recent();
        }
        self.mails.check_key(&email.trim().to_lowercase()).is_ok()
    }

    /// Whether another file may come from this address.
    pub(super) fn may_add(&self, who: IpAddr) -> bool {
        if self.files.len() > REMEMBERED {
            self.files.retain_recent();
        }
        self.files.check_key(&who).is_ok()
    }

    /// The address of the network that a request comes from.
    pub(super) fn who(&self, request: &Request) -> IpAddr {
        let headers = request.headers();
        // The last entry is the one that our own proxy wrote.
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let told = forwarded.and_then(|all| all.rsplit(',').next()).and_then(|last| last.trim().parse().ok());
        let peer = request.extensions().get::<Peer>().copied();
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |Peer(address)| address);
        told.filter(|_| self.behind_proxy).unwrap_or(peer)
    }
}

/// Answers 429 to who asks too often.
pub(super) async fn per_address(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let limits = &site.limits;
    let who = limits.who(&request);
    let limiter = if matches!(*request.method(), Method::GET | Method::HEAD) { &limits.looks } else { &limits.posts };
    if limiter.len() > REMEMBERED {
        limiter.retain_recent();
    }
    if limiter.check_key(&who).is_err() {
        let text = "U hebt deze pagina's heel vaak achter elkaar gebruikt. Wacht een paar minuten en probeer het dan nog eens.";
        return pages::notice(StatusCode::TOO_MANY_REQUESTS, "Even wachten", text);
    }
    next.run(request).await
}
