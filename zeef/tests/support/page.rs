//! The desk's pages, as a browser at this machine asks for them.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use super::house::House;

/// An answer of the desk's pages.
pub struct Page {
    pub status: u16,
    pub head: String,
    pub text: String,
}

/// One request of a browser that sits at this machine; a form comes from the page itself.
pub fn ask(house: &House, head: &str, fields: &[(&str, &str)]) -> Page {
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let body = body.join("&");
    let mut stream = TcpStream::connect(("127.0.0.1", house.page)).unwrap();
    let kind = "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    write!(stream, "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}Content-Length: {}\r\n\r\n{body}", body.len())
        .unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    let (head, text) = all.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Page { status, head: head.to_owned(), text: text.to_owned() }
}

/// The value of a field of the first form on a page that has one.
pub fn field(page: &Page, name: &str) -> String {
    let value = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name}: {}", page.text));
    value.split('"').next().unwrap().to_owned()
}
