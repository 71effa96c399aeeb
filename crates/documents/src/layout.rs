//! Where everything stands on the sheets, and what it is called for who does not see them (tags).

use std::num::NonZeroU16;

use jiff::tz::TimeZone;
use krilla::{
    Document, SerializeSettings,
    action::{Action, LinkAction},
    annotation::{Annotation, LinkAnnotation, Target},
    color::luma,
    configure::{Accessibility, Archival, ConfigurationBuilder},
    destination::XyzDestination,
    embed::{AssociationKind, EmbeddedFile, MimeType},
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    outline::{Outline, OutlineNode},
    page::{Page, PageSettings},
    paint::Fill,
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree},
};
use ttf_noto_sans::{BOLD, REGULAR};

use crate::{Both, Fact, Paper, PaperError, face::Face, qr};

/// A4, in points, as all measures here.
const SHEET: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 56.0;
const QR_SIDE: f32 = 130.0;
/// Where the texts of the rows begin.
const TEXTS: f32 = MARGIN + 185.0;
const TITLE: f32 = 20.0;
const TEXT: f32 = 9.5;
const SMALL: f32 = 8.0;
/// Height of a line, in sizes of its letters.
const LINE: f32 = 1.35;
const GAP: f32 = 5.0;
const GREY: u8 = 80;

/// How a text is written.
struct Style {
    bold: bool,
    size: f32,
    grey: u8,
    lang: &'static str,
}
const HEAD: Style = Style { bold: true, size: TITLE, grey: 0, lang: "nl" };
const HEAD_EN: Style = Style { bold: false, size: 11.0, grey: GREY, lang: "en" };
const LABEL: Style = Style { bold: true, size: TEXT, grey: 0, lang: "nl" };
const PLAIN: Style = Style { bold: false, size: TEXT, grey: 0, lang: "nl" };
const ENGLISH: Style = Style { bold: false, size: SMALL, grey: GREY, lang: "en" };

struct Faces {
    regular: Face,
    bold: Face,
}

impl Faces {
    const fn of(&self, style: &Style) -> &Face {
        if style.bold { &self.bold } else { &self.regular }
    }

    /// Lines of a text in both languages, with the style of each.
    fn lines(&self, text: &Both, nl: &'static Style, en: &'static Style, width: f32) -> Vec<(&'static Style, String)> {
        let lines = |style: &'static Style, text: &str| {
            self.of(style).lines(text, style.size, width).into_iter().map(move |line| (style, line)).collect::<Vec<_>>()
        };
        let mut both = lines(nl, &text.nl);
        both.extend(lines(en, &text.en));
        both
    }
}

fn height(lines: &[(&Style, String)]) -> f32 {
    lines.iter().map(|(style, _)| style.size * LINE).sum()
}

fn ink(grey: u8) -> Fill {
    Fill { paint: luma::Color::new(grey).into(), ..Fill::default() }
}

/// Writes lines under each other from `top` on; where the last one ends, and what they are called.
fn write(
    surface: &mut Surface<'_>,
    faces: &Faces,
    lines: &[(&Style, String)],
    left: f32,
    top: f32,
) -> (f32, Vec<(&'static str, Identifier)>) {
    let mut names = Vec::with_capacity(lines.len());
    let mut y = top;
    for (style, line) in lines {
        let face = faces.of(style);
        names.push((style.lang, surface.start_tagged(ContentTag::Span(SpanTag::empty().with_lang(Some(style.lang))))));
        surface.set_fill(Some(ink(style.grey)));
        surface.draw_glyphs(Point::from_xy(left, y + style.size), &face.glyphs(line), face.font.clone(), line, style.size, false);
        surface.end_tagged();
        y += style.size * LINE;
    }
    (y, names)
}

/// Paragraphs: what was written in one language after another.
fn paragraphs(names: Vec<(&'static str, Identifier)>) -> Vec<TagGroup> {
    let mut all: Vec<(&str, TagGroup)> = Vec::new();
    for (lang, name) in names {
        match all.last_mut() {
            Some((of, group)) if *of == lang => group.push(name),
            _ => all.push((lang, TagGroup::with_children(Tag::P.with_lang(Some(lang.to_owned())), vec![name.into()]))),
        }
    }
    all.into_iter().map(|(_, group)| group).collect()
}

fn sheet(document: &mut Document) -> Result<Page<'_>, PaperError> {
    let (width, height) = SHEET;
    Ok(document.start_page_with(PageSettings::from_wh(width, height).ok_or(PaperError::Layout)?))
}

/// The head of the first sheet: title, what it is worth, the code and the text of the link. Answers where the link is, and its text.
fn head(surface: &mut Surface<'_>, paper: &Paper, faces: &Faces, tags: &mut TagTree) -> Result<(Rect, Vec<Node>), PaperError> {
    let right = SHEET.0 - MARGIN;
    let width = right - QR_SIDE - 16.0 - MARGIN;
    let title = faces.of(&HEAD).lines(&paper.title.nl, HEAD.size, width).into_iter().map(|line| (&HEAD, line)).collect::<Vec<_>>();
    let (y, names) = write(surface, faces, &title, MARGIN, MARGIN);
    let level = NonZeroU16::MIN;
    let children = names.into_iter().map(|(_, name)| name.into()).collect();
    tags.push(TagGroup::with_children(Tag::Hn(level, Some(paper.title.nl.clone())), children));
    let under = Both { nl: String::new(), en: paper.title.en.clone() };
    for (text, en) in [(&under, &HEAD_EN), (&paper.about, &ENGLISH)] {
        let top = if std::ptr::eq(en, &HEAD_EN) { y } else { y + HEAD_EN.size * LINE + GAP };
        let (_, names) = write(surface, faces, &faces.lines(text, &PLAIN, en, width), MARGIN, top);
        paragraphs(names).into_iter().for_each(|group| tags.push(group));
    }
    let about = y + HEAD_EN.size * LINE + GAP + height(&faces.lines(&paper.about, &PLAIN, &ENGLISH, width));

    let code = qr::path(&paper.check_url, right - QR_SIDE, MARGIN, QR_SIDE)?;
    let name = surface.start_tagged(ContentTag::Other);
    surface.set_fill(Some(ink(0)));
    surface.draw_path(&code);
    surface.end_tagged();
    let alt = "QR-code met het adres van de pagina die dit meldbewijs controleert";
    tags.push(TagGroup::with_children(Tag::Figure(Some(alt.to_owned())), vec![name.into()]));

    let top = about.max(MARGIN + QR_SIDE) + GAP;
    let link = faces.lines(&Both::same(&paper.check_url), &PLAIN, &ENGLISH, right - MARGIN);
    let (bottom, names) = write(surface, faces, &link, MARGIN, top);
    let area = Rect::from_ltrb(MARGIN, top, right, bottom).ok_or(PaperError::Layout)?;
    Ok((area, names.into_iter().map(|(_, name)| name.into()).collect()))
}

/// Makes an area of a sheet lead to an address.
fn link(page: &mut Page<'_>, (area, mut children): (Rect, Vec<Node>), address: &str) -> TagGroup {
    let target = Target::Action(Action::Link(LinkAction::new(address.to_owned())));
    let annotation = Annotation::new_link(LinkAnnotation::new(area, target), Some(address.to_owned()));
    children.push(page.add_tagged_annotation(annotation).into());
    TagGroup::with_children(Tag::P, vec![TagGroup::with_children(Tag::Link, children).into()])
}

/// Rows from the front that fit between here and the foot, at least one.
fn fitting(rows: &[(Lines, Lines)], top: f32) -> usize {
    let room = SHEET.1 - MARGIN - top;
    let mut used = 0.0;
    let fit = rows.iter().take_while(|(label, text)| {
        used += height(label).max(height(text)) + 2.0 * GAP;
        used <= room
    });
    fit.count().max(1)
}

type Lines = Vec<(&'static Style, String)>;

fn row(surface: &mut Surface<'_>, faces: &Faces, (label, text): &(Lines, Lines), top: f32) -> Result<(f32, TagGroup), PaperError> {
    let mut line = PathBuilder::new();
    line.push_rect(Rect::from_xywh(MARGIN, top, SHEET.0 - 2.0 * MARGIN, 0.5).ok_or(PaperError::Layout)?);
    let line = line.finish().ok_or(PaperError::Layout)?;
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    surface.set_fill(Some(ink(190)));
    surface.draw_path(&line);
    surface.end_tagged();
    let (left_end, names) = write(surface, faces, label, MARGIN, top + GAP);
    let children = paragraphs(names).into_iter().map(Into::into).collect();
    let mut row = TagGroup::with_children(Tag::TR, vec![TagGroup::with_children(Tag::TH(TableHeaderScope::Row), children).into()]);
    let (right_end, names) = write(surface, faces, text, TEXTS, top + GAP);
    let children = paragraphs(names).into_iter().map(Into::into).collect();
    row.push(TagGroup::with_children(Tag::TD, children));
    Ok((left_end.max(right_end) + GAP, row))
}

/// A moment in coordinated universal time, as a PDF writes it.
fn date(at: jiff::Timestamp) -> DateTime {
    let at = at.to_zoned(TimeZone::UTC);
    let small = |n: i8| u8::try_from(n).unwrap_or_default();
    DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

pub fn pdf(paper: &Paper) -> Result<Vec<u8>, PaperError> {
    let faces = Faces { regular: Face::new(REGULAR).ok_or(PaperError::Layout)?, bold: Face::new(BOLD).ok_or(PaperError::Layout)? };
    let configuration =
        ConfigurationBuilder::new().with_archival_validator(Archival::A3_A).with_accessibility_validator(Accessibility::UA1);
    let configuration = configuration.finish().map_err(|_| PaperError::Layout)?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let metadata = Metadata::new().title(paper.title.nl.clone()).language("nl".to_owned()).creation_date(date(paper.at));
    document.set_metadata(metadata);
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(paper.title.nl.clone(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
    document.set_outline(outline);

    let cells = |Fact { label, text }: &Fact| {
        let label = faces.lines(label, &LABEL, &ENGLISH, TEXTS - MARGIN - 12.0);
        (label, faces.lines(text, &PLAIN, &ENGLISH, SHEET.0 - MARGIN - TEXTS))
    };
    let rows: Vec<(Lines, Lines)> = paper.facts.iter().map(cells).collect();
    let mut tags = TagTree::new().with_lang(Some("nl".to_owned()));
    let mut table = TagGroup::new(Tag::Table);
    let mut rest = rows.as_slice();
    let mut first = true;
    while first || !rest.is_empty() {
        let mut page = sheet(&mut document)?;
        // One surface a sheet: each counts its tags from nought.
        let mut surface = page.surface();
        let checked = if first { Some(head(&mut surface, paper, &faces, &mut tags)?) } else { None };
        let mut top = checked.as_ref().map_or(MARGIN, |(area, _)| area.bottom() + 2.0 * GAP);
        let (here, later) = rest.split_at_checked(fitting(rest, top)).unwrap_or((rest, &[]));
        for cells in here {
            let (bottom, group) = row(&mut surface, &faces, cells, top)?;
            table.push(group);
            top = bottom;
        }
        surface.finish();
        if let Some(checked) = checked {
            tags.push(link(&mut page, checked, &paper.check_url));
        }
        page.finish();
        (rest, first) = (later, false);
    }
    tags.push(table);
    document.set_tag_tree(tags);
    let source = EmbeddedFile {
        path: paper.source_name.clone(),
        mime_type: MimeType::new("application/json"),
        description: Some("Het ondertekende meldbewijs, voor computers".to_owned()),
        association_kind: AssociationKind::Source,
        data: paper.source.clone().into_bytes().into(),
        modification_date: Some(date(paper.at)),
        compress: Some(false),
        location: None,
    };
    document.embed_file(source).ok_or(PaperError::Layout)?;
    document.finish().map_err(|error| PaperError::Pdf(format!("{error:?}")))
}
