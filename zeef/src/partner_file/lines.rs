//! Owns the lines of a text file: one at a time, never more of a line in memory than is read of it.

use std::io::{self, BufRead, BufReader, Read};

use csv_core::ReadRecordResult;

use super::{
    Content, FileError,
    columns::HeaderError,
    encoding::{Settled, Text},
};

/// The longest line that is read whole, in bytes; an ordinary one has three hundred.
pub const LINE_LIMIT: usize = 64 * 1024;

/// The lines after the first.
pub struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    encoding: Text,
    separator: u8,
    splitter: Splitter,
    /// Names in the first line.
    names: usize,
    line: u32,
    /// Where the reference stands, so that it can be told of a line that cannot be read.
    pub reference_at: Option<usize>,
    /// Lines after the first, where they were counted.
    pub total: Option<u64>,
}

/// What is wrong with a line as a whole.
pub struct BadLine {
    pub reference: String,
    pub text: String,
    pub content: Content,
}

/// A row with its number, or what is wrong with it as a whole.
pub type Numbered = (u32, Result<Content, BadLine>);

impl Lines {
    /// Reads the first line: the names of the columns.
    pub fn read(input: Box<dyn Read + Send>, settled: Settled) -> Result<(Self, Vec<String>), FileError> {
        let mut input = BufReader::new(input);
        let encoding = settled.text;
        let Line::Whole(header) = line(&mut input)?.unwrap_or(Line::Whole(Vec::new())) else {
            return Err(HeaderError::TooLong.into());
        };
        let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&header);
        let header = encoding.decode(header).ok_or(HeaderError::Encoding)?;
        if header.trim().is_empty() {
            return Err(HeaderError::Empty.into());
        }
        let separator = separator(&header).ok_or(HeaderError::NoSeparator)?;
        let mut splitter = Splitter::new(separator);
        let names: Vec<String> =
            splitter.split(&header).map(|record| record.iter().map(|name| name.trim().to_owned()).collect()).unwrap_or_default();
        let total = settled.lines.map(|lines| lines.saturating_sub(1));
        Ok((Self { input, encoding, separator, splitter, names: names.len(), line: 1, reference_at: None, total }, names))
    }

    /// The file is read as Windows-1252.
    pub fn is_windows_1252(&self) -> bool {
        self.encoding == Text::Windows1252
    }

    /// The next line that is not empty, with its number; the header is line 1.
    pub fn next(&mut self) -> io::Result<Option<Numbered>> {
        loop {
            let Some(line) = line(&mut self.input)? else { return Ok(None) };
            self.line = self.line.saturating_add(1);
            let read = match line {
                Line::Whole(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => continue,
                Line::Whole(bytes) => self.fields(&bytes),
                Line::TooLong(length) => Err(BadLine {
                    reference: String::new(),
                    text: format!("de regel is {length} tekens lang, ten hoogste {LINE_LIMIT} worden gelezen"),
                    content: Content::Line(String::new()),
                }),
            };
            return Ok(Some((self.line, read)));
        }
    }

    fn fields(&mut self, bytes: &[u8]) -> Result<Content, BadLine> {
        let Some(text) = self.encoding.decode(bytes) else {
            let text = "geen UTF-8: bewaar het bestand als `CSV UTF-8`, of geef --encoding windows-1252 als het uit een ouder pakket komt";
            let content = Content::Line(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned());
            return Err(BadLine { reference: self.reference_of_broken(bytes), text: text.to_owned(), content });
        };
        let bad = |why: &str| BadLine { reference: String::new(), text: why.to_owned(), content: Content::Line(text.to_string()) };
        if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
            return Err(bad("een aanhalingsteken is niet gesloten; een veld mag geen regeleinde bevatten"));
        }
        let record = self.splitter.split(&text).ok_or_else(|| bad("geen leesbare CSV-regel"))?;
        if record.len() != self.names {
            return Err(BadLine {
                reference: String::new(),
                text: format!("{} velden verwacht zoals in de eerste regel, {} gevonden", self.names, record.len()),
                content: Content::Record(record),
            });
        }
        Ok(Content::Record(record))
    }

    /// The reference in a line whose other bytes cannot be read, so that the sender can find it.
    fn reference_of_broken(&self, line: &[u8]) -> String {
        let field = self.reference_at.and_then(|at| line.split(|byte| *byte == self.separator).nth(at)).unwrap_or_default();
        let plain = |c: &char| c.is_ascii_alphanumeric() || "-_./".contains(*c);
        std::str::from_utf8(field).map(|text| text.chars().filter(plain).take(64).collect()).unwrap_or_default()
    }
}

/// The sign that parts most names, outside quotation marks: `;`, `,` or a tab.
fn separator(header: &str) -> Option<u8> {
    let mut counts = [(b'\t', 0_usize), (b',', 0), (b';', 0)];
    let mut quoted = false;
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| !quoted && *sign == byte) {
            *count += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0).map(|(sign, _)| sign)
}

/// Parts lines into fields. The parser's tables are made once for a file.
struct Splitter {
    parser: csv_core::Reader,
    separator: u8,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    fn new(separator: u8) -> Self {
        let parser = csv_core::ReaderBuilder::new().delimiter(separator).build();
        Self { parser, separator, text: Vec::new(), ends: Vec::new() }
    }

    fn split(&mut self, line: &str) -> Option<csv::StringRecord> {
        // Fields are never longer than the line, nor more than its separators allow.
        self.text.resize(line.len() + 1, 0);
        self.ends.resize(line.bytes().filter(|byte| *byte == self.separator).count() + 2, 0);
        self.parser.reset();
        let (mut outcome, _, mut length, mut fields) = self.parser.read_record(line.as_bytes(), &mut self.text, &mut self.ends);
        if outcome == ReadRecordResult::InputEmpty {
            let (text, ends) = (self.text.get_mut(length..)?, self.ends.get_mut(fields..)?);
            let (last, _, more, another) = self.parser.read_record(&[], text, ends);
            (outcome, length, fields) = (last, length + more, fields + another);
        }
        if outcome != ReadRecordResult::Record {
            return None;
        }
        let text = std::str::from_utf8(self.text.get(..length)?).ok()?;
        let mut record = csv::StringRecord::with_capacity(length, fields);
        let mut begin = 0;
        for end in self.ends.get(..fields)? {
            record.push_field(text.get(begin..*end)?);
            begin = *end;
        }
        Some(record)
    }
}

enum Line {
    Whole(Vec<u8>),
    TooLong(usize),
}

/// One line without its end. A longer one than [`LINE_LIMIT`] is passed over, never kept.
fn line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let (mut kept, mut length, mut any) = (Vec::new(), 0_usize, false);
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        length = length.saturating_add(part.len());
        if length <= LINE_LIMIT {
            kept.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if !any {
        return Ok(None);
    }
    if length > LINE_LIMIT {
        return Ok(Some(Line::TooLong(length)));
    }
    if kept.last() == Some(&b'\r') {
        kept.pop();
    }
    Ok(Some(Line::Whole(kept)))
}
