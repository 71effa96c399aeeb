//! A QR code (ISO/IEC 18004) as squares.

use fast_qr::{ECL, QRBuilder};
use krilla::geom::{Path, PathBuilder, Rect};

use crate::PaperError;

/// Light modules around a code, without which readers do not find it.
const QUIET: usize = 4;

/// The dark modules of a code, within a square with this corner and side, in points.
pub fn path(text: &str, left: f32, top: f32, side: f32) -> Result<Path, PaperError> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|_| PaperError::Address)?;
    #[expect(clippy::cast_precision_loss, reason = "a code has at most 177 modules a side")]
    let (module, number) = (side / (code.size + 2 * QUIET) as f32, |n: usize| (n + QUIET) as f32);
    let mut path = PathBuilder::new();
    for (at, _) in code.data.iter().take(code.size * code.size).enumerate().filter(|(_, module)| module.value()) {
        let (x, y) = (left + number(at % code.size) * module, top + number(at / code.size) * module);
        path.push_rect(Rect::from_xywh(x, y, module, module).ok_or(PaperError::Layout)?);
    }
    path.finish().ok_or(PaperError::Layout)
}
