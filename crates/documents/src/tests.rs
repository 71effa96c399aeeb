use std::collections::BTreeMap;

use hayro_syntax::{
    Pdf,
    object::{Dict, Object, Stream},
};

use super::*;

const URL: &str = "https://melden.example.nl/meldbewijs/018f0000-0000-7000-8000-000000000000/00112233445566778899aabbccddeeff";

fn paper(facts: Vec<Fact>) -> Paper {
    Paper {
        title: Both::new("Meldbewijs", "Receipt"),
        about: Both::new("De gemeente heeft dit ondertekend.", "Signed by the municipality."),
        facts,
        check_url: URL.to_owned(),
        source: r#"{"document":{"reference":"R-1"},"signature":"00"}"#.to_owned(),
        source_name: "meldbewijs.json".to_owned(),
        at: "2026-03-02T09:20:00+01:00".parse().unwrap(),
    }
}

fn fact(label: &str, text: &str) -> Fact {
    Fact { label: Both::same(label), text: Both::new(text, "in English") }
}

/// Which text a font's codes stand for (ToUnicode, ISO 32000-1, 9.10.3).
fn unicode(font: &Dict<'_>) -> BTreeMap<Vec<u8>, String> {
    let map = font.get::<Stream<'_>>("ToUnicode").unwrap().decoded().unwrap().into_owned();
    let map = String::from_utf8(map).unwrap();
    let hex = |text: &str| {
        let text = text.trim_matches(['<', '>']);
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    let mut all = BTreeMap::new();
    for line in map.lines() {
        if let [code, text] = line.split_whitespace().collect::<Vec<_>>().as_slice()
            && code.starts_with('<')
            && text.starts_with('<')
        {
            let utf16: Vec<u16> = hex(text).chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
            all.insert(hex(code), String::from_utf16(&utf16).unwrap());
        }
    }
    all
}

/// The text of a page as a reader finds it, and its filled shapes as subpaths.
fn seen(page: &hayro_syntax::page::Page<'_>) -> (String, Vec<Vec<(f32, f32)>>) {
    let (mut text, mut shapes, mut codes) = (String::new(), Vec::<Vec<(f32, f32)>>::new(), BTreeMap::new());
    let mut operations = page.operations();
    while let Some(operation) = operations.next() {
        let name = String::from_utf8_lossy(operation.operator.as_ref()).into_owned();
        let operands: Vec<Object<'_>> = operation.operands().cloned().collect();
        match (name.as_str(), operands.as_slice()) {
            ("Tf", [Object::Name(font), ..]) => codes = unicode(&page.resources().get_font(font).unwrap()),
            ("Tj", [Object::String(shown)]) => shown.as_bytes().chunks(2).for_each(|code| text.push_str(&codes[code])),
            ("TJ", [Object::Array(parts)]) => {
                for shown in parts.iter::<Object<'_>>() {
                    if let Object::String(shown) = shown {
                        shown.as_bytes().chunks(2).for_each(|code| text.push_str(&codes[code]));
                    }
                }
            }
            ("m", [Object::Number(x), Object::Number(y)]) => shapes.push(vec![(x.as_f32(), y.as_f32())]),
            ("l", [Object::Number(x), Object::Number(y)]) => shapes.last_mut().unwrap().push((x.as_f32(), y.as_f32())),
            ("re", [Object::Number(x), Object::Number(y), Object::Number(w), Object::Number(h)]) => {
                let (x, y) = (x.as_f32(), y.as_f32());
                shapes.push(vec![(x, y), (x + w.as_f32(), y + h.as_f32())]);
            }
            _ => {}
        }
    }
    (text, shapes)
}

/// What a camera reads from the squares of a page.
fn scanned(shapes: &[Vec<(f32, f32)>]) -> String {
    const SCALE: f32 = 3.0;
    let mut dark = vec![vec![false; 1800]; 600];
    for shape in shapes {
        let bound = |of: fn(&(f32, f32)) -> f32, pick: fn(f32, f32) -> f32| shape.iter().map(of).reduce(pick).unwrap() * SCALE;
        let (left, right) = (bound(|p| p.0, f32::min).round() as usize, bound(|p| p.0, f32::max).round() as usize);
        let (top, bottom) = (bound(|p| p.1, f32::min).round() as usize, bound(|p| p.1, f32::max).round() as usize);
        for row in dark.iter_mut().take(bottom).skip(top) {
            row.iter_mut().take(right).skip(left).for_each(|pixel| *pixel = true);
        }
    }
    let mut image = rqrr::PreparedImage::prepare_from_bitmap(1800, 600, |x, y| dark[y][x]);
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1, "one code");
    codes[0].decode().unwrap().1
}

#[test]
fn a_paper_can_be_read_scanned_and_taken_apart_and_is_always_the_same() {
    let hash = "0123456789abcdef".repeat(8);
    let paper =
        paper(vec![fact("Melder", "woonwaard, eigen kenmerk R-1"), fact("Handtekening", &hash), fact("Bedrag", "€ 1.250,50 één 漢")]);
    let bytes = pdf(&paper).unwrap();
    assert_eq!(bytes, pdf(&paper).unwrap(), "the same facts, the same bytes");
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&paper.source), "the receipt itself, for machines");
    assert!(holds("/StructTreeRoot") && holds("pdfaid:part") && holds("pdfuaid:part"), "tagged, and says what it conforms to");

    assert_eq!(read(&bytes), Some(Held { source: paper.source.clone(), check_url: URL.to_owned() }));
    for place in (0..bytes.len()).step_by(61) {
        // Whatever is in it: an answer.
        let mut other = bytes.clone();
        other[place] ^= 0x15;
        read(&other);
        read(&bytes[..place]);
    }

    let read_back = Pdf::new(bytes.clone()).unwrap();
    assert_eq!(read_back.pages().len(), 1);
    let (text, shapes) = seen(&read_back.pages()[0]);
    for said in ["Meldbewijs", "Receipt", "woonwaard, eigen kenmerk R-1", "in English", &hash, URL] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.contains("€ 1.250,50 één ?"), "what the font cannot write does not undo the paper: {text}");
    assert_eq!(scanned(&shapes), URL);
}

#[test]
fn a_long_paper_goes_on_on_another_sheet() {
    let facts = (0..60).map(|n| fact(&format!("Regel {n}"), &format!("tekst-{n}. {}", "woord ".repeat(20)))).collect();
    let read_back = Pdf::new(pdf(&paper(facts)).unwrap()).unwrap();
    assert!(read_back.pages().len() > 1);
    let all: String = read_back.pages().iter().map(|page| seen(page).0).collect();
    for n in 0..60 {
        assert!(all.contains(&format!("tekst-{n}.")), "{n}");
    }
}

#[test]
fn an_address_that_no_code_holds_is_no_paper() {
    let long = Paper { check_url: "x".repeat(5000), ..paper(Vec::new()) };
    assert!(matches!(pdf(&long), Err(PaperError::Address)));
}
