//! Takes apart what was made here: the source and the link that a paper holds.

use hayro_syntax::{
    Pdf,
    object::{Array, Dict, Name, Object, String as Text},
};

use crate::Held;

pub fn held(pdf: &[u8]) -> Option<Held> {
    let pdf = Pdf::new(pdf.to_vec()).ok()?;
    let mut sources = pdf.objects().into_iter().filter_map(Object::into_stream);
    let mut sources = sources.by_ref().filter(|stream| stream.dict().get::<Name<'_>>("Type").is_some_and(|name| &*name == b"EmbeddedFile"));
    let source = String::from_utf8(sources.next()?.decoded().ok()?.into_owned()).ok()?;
    let mut links = pdf.pages().iter().filter_map(|page| page.raw().get::<Array<'_>>("Annots"));
    let mut links = links.by_ref().flat_map(|all| all.iter::<Dict<'_>>().collect::<Vec<_>>());
    let link = links.next()?.get::<Dict<'_>>("A")?.get::<Text<'_>>("URI")?;
    let check_url = String::from_utf8(link.as_bytes().to_vec()).ok()?;
    (sources.next().is_none() && links.next().is_none()).then_some(Held { source, check_url })
}
