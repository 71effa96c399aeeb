//! A font: which glyphs a text has, how wide they are, and where a line breaks.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::{
    FontRef, MetadataProvider as _,
    charmap::Charmap,
    instance::{LocationRef, Size},
    metrics::GlyphMetrics,
};

/// Stands for what the font cannot write; the exact text is in the embedded source.
const UNWRITABLE: char = '?';

/// Noto Sans, in one weight.
pub struct Face {
    pub font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
}

impl Face {
    pub fn new(data: &'static [u8]) -> Option<Self> {
        let read = FontRef::new(data).ok()?;
        let metrics = read.glyph_metrics(Size::new(1.0), LocationRef::default());
        Some(Self { font: Font::new(data.into(), 0)?, charmap: read.charmap(), metrics })
    }

    /// The text as this font can write it.
    pub fn writable(&self, text: &str) -> String {
        let known = |c: char| !c.is_control() && self.charmap.map(c).is_some_and(|glyph| glyph.to_u32() != 0);
        text.chars().map(|c| if known(c) { c } else { UNWRITABLE }).collect()
    }

    /// The glyphs of a writable text; widths in ems.
    pub fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, c): (usize, char)| {
            let id = self.charmap.map(c).unwrap_or_default();
            let width = self.metrics.advance_width(id).unwrap_or_default();
            KrillaGlyph::new(GlyphId::new(id.to_u32()), width, 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        };
        text.char_indices().map(glyph).collect()
    }

    /// How wide a writable text is, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        self.glyphs(text).iter().map(|glyph| glyph.x_advance * size).sum()
    }

    /// The lines that a text takes: broken between words, and within a word that is wider than a line. A line that goes on keeps its
    /// last space, for who reads the PDF without seeing it.
    pub fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let text = self.writable(text);
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_inclusive(' ') {
            if !line.is_empty() && self.width(&line, size) + self.width(word.trim_end(), size) > width {
                lines.push(std::mem::take(&mut line));
            }
            if self.width(word.trim_end(), size) <= width {
                line.push_str(word);
                continue;
            }
            for c in word.chars() {
                line.push(c);
                if self.width(&line, size) > width {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, c.to_string()));
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }
}
