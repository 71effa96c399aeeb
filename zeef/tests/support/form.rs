//! The public pages as a browser sees them: forms with files, links in mails, and what an answer holds.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
};

use proto::desk::v1::ListCasesRequest;

use super::{
    house::{House, Plan},
    mailbox::Mailbox,
    process::free_port,
};

/// The kind of a form without files.
pub const WORDS: &str = "application/x-www-form-urlencoded";
/// The kind of a form with files.
pub const PARTS: &str = "multipart/form-data; boundary=----zeef-grens-7391";
/// What stands between its parts.
pub const BOUNDARY: &str = "----zeef-grens-7391";

/// An answer of the public pages.
pub struct Page {
    pub status: u16,
    pub text: String,
}

/// One request over a connection of its own.
pub fn ask(port: u16, head: &str, body: &str) -> Page {
    page(&raw(port, head, WORDS, body.as_bytes()))
}
pub fn page(bytes: &[u8]) -> Page {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let status = text.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {text}")).parse().unwrap();
    Page { status, text }
}
pub fn raw(port: u16, head: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = begin(port, head, kind, body.len());
    stream.write_all(body).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}
/// A request of which the body is still to come.
pub fn begin(port: u16, head: &str, kind: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n")
        .unwrap();
    stream
}
/// What stands under the headers.
pub fn body(page: &Page) -> &str {
    page.text.split_once("\r\n\r\n").unwrap().1
}
pub fn get(port: u16, path: &str) -> Page {
    ask(port, &format!("GET {path}"), "")
}
pub fn post(port: u16, path: &str, fields: &[(&str, &str)]) -> Page {
    if path == "/" { send(port, fields, &[]) } else { ask(port, &format!("POST {path}"), &form(fields)) }
}
/// The landlord's form as a browser sends it, with files: field, name and bytes.
pub fn send(port: u16, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Page {
    page(&raw(port, "POST /", PARTS, &parts(fields, files)))
}
pub fn parts(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        write!(body, "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
    }
    for (field, name, bytes) in files {
        let named = format!("name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream");
        write!(body, "--{BOUNDARY}\r\nContent-Disposition: form-data; {named}\r\n\r\n").unwrap();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    write!(body, "--{BOUNDARY}--\r\n").unwrap();
    body
}
/// The files that a page remembers: field and value.
pub fn remembered(page: &Page) -> Vec<(&str, String)> {
    let fields = page.text.split("type=\"hidden\" name=\"").skip(1);
    fields
        .filter_map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"")?;
            name.ends_with("_erbij").then(|| (name, rest.split('"').next().unwrap().to_owned()))
        })
        .collect()
}
pub fn form(fields: &[(&str, &str)]) -> String {
    let code = |text: &str| {
        text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>()
    };
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", code(value))).collect();
    body.join("&")
}

pub const FILLED: [(&str, &str); 20] = [
    ("naam", "P. Verhuurder-Canarie"),
    ("email", "verhuurder@voorbeeld.nl"),
    ("woningen", "1-2"),
    ("voorletters", "J."),
    ("achternaam", "Huurder-Canarie"),
    ("straat", "Rietvoornpad"),
    ("huisnummer", "17"),
    ("postcode", "3500 AB"),
    ("plaats", "Waterveen"),
    ("bedrag", "1.250,50"),
    ("sinds", "1-1-2026"),
    ("a", "ja"),
    ("a_op", "20-1-2026"),
    ("b", "ja"),
    ("b_op", "20-1-2026"),
    ("c", "geen-bewijs"),
    ("d", "ja"),
    ("d_op", "1-2-2026"),
    ("antwoord", "geen"),
    ("toevoeging", ""),
];

/// The form with other values.
pub fn filled(other: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    FILLED.into_iter().map(|(name, value)| (name, other.iter().find(|(of, _)| *of == name).map_or(value, |(_, value)| *value))).collect()
}

/// The path in the newest mail.
pub fn link(mailbox: &Mailbox) -> String {
    // Long lines travel in pieces (quoted-printable).
    let mail = mailbox.mails().pop().unwrap().replace("=\r\n", "");
    let path = mail.split("/bevestigen/").nth(1).unwrap_or_else(|| panic!("no link: {mail}"));
    format!("/bevestigen/{}", path.split_whitespace().next().unwrap())
}

pub async fn cases(house: &House) -> Vec<String> {
    let listed = house.desk().await.list_cases(ListCasesRequest::default()).await.unwrap().into_inner();
    listed.cases.into_iter().map(|case| case.case_id).collect()
}

/// A house with public pages, on this port.
pub async fn house(mailbox: &Mailbox) -> (House, u16) {
    let public = free_port();
    (public_pages(Plan::default().clock("2026-03-02T09:00:00+01:00"), public, mailbox).start().await, public)
}
/// With public pages.
pub fn public_pages(plan: Plan, public: u16, mailbox: &Mailbox) -> Plan {
    let plan = plan.env("ZEEF_PUBLIC", format!("127.0.0.1:{public}")).env("ZEEF_PUBLIC_URL", "https://melden.example.nl");
    plan.env("ZEEF_SMTP", mailbox.url()).env("ZEEF_MAIL_FROM", "melden@example.nl")
}

/// What a page holds in its hidden field.
pub fn hidden(page: &Page) -> String {
    let value = page.text.split("name=\"meldbewijs\" value=\"").nth(1).unwrap_or_else(|| panic!("no receipt: {}", page.text));
    let value = value.split('"').next().unwrap();
    value.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&")
}

/// A text in any file below a directory.
pub fn is_somewhere(dir: &Path, text: &str) -> bool {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            is_somewhere(&path, text)
        } else {
            std::fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
        }
    })
}
