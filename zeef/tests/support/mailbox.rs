//! A mail server in this process, over the `mailin` library's SMTP: takes every mail and keeps it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use mailin::{Action, Handler, Response, SessionBuilder, response};

/// Mails as they came in.
#[derive(Clone, Default)]
pub struct Mailbox {
    mails: Arc<Mutex<Vec<String>>>,
    port: u16,
}

struct One {
    mails: Arc<Mutex<Vec<String>>>,
    text: Vec<u8>,
}

impl Handler for One {
    fn data(&mut self, part: &[u8]) -> std::io::Result<()> {
        self.text.extend_from_slice(part);
        Ok(())
    }
    fn data_end(&mut self) -> Response {
        self.mails.lock().unwrap().push(String::from_utf8_lossy(&std::mem::take(&mut self.text)).into_owned());
        response::OK
    }
}

impl Mailbox {
    /// Listens on a free port until the test binary ends.
    pub fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mailbox = Self { mails: Arc::default(), port: listener.local_addr().unwrap().port() };
        let mails = mailbox.mails.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mails = mails.clone();
                std::thread::spawn(move || drop(talk(stream, mails)));
            }
        });
        mailbox
    }

    /// For `--smtp`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What came in.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

fn talk(stream: TcpStream, mails: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut session = SessionBuilder::new("mail.example.nl").build(stream.peer_addr()?.ip(), One { mails, text: Vec::new() });
    session.greeting().write_to(&mut out)?;
    out.flush()?;
    let (mut lines, mut line) = (BufReader::new(stream), Vec::new());
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let answer = session.process(&line);
        if !matches!(answer.action, Action::NoReply) {
            answer.write_to(&mut out)?;
            out.flush()?;
        }
        if matches!(answer.action, Action::Close) {
            return Ok(());
        }
    }
}
