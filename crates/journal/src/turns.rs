//! Whose turn it is among deliveries that wait in one process: municipalities go in turn, so that nobody waits behind
//! another one's file.

use std::collections::{HashMap, VecDeque};

use kernel::Gemeentecode;

/// What waits, in one line per municipality.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    lines: HashMap<Gemeentecode, VecDeque<T>>,
    /// Municipalities in whose line somebody waits; the first one's turn is next.
    order: VecDeque<Gemeentecode>,
    waiting: usize,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { lines: HashMap::new(), order: VecDeque::new(), waiting: 0 }
    }
}

impl<T> Turns<T> {
    /// At the end of its municipality's line.
    pub fn push(&mut self, gemeente: Gemeentecode, what: T) {
        self.line(gemeente).push_back(what);
    }

    /// At the head of its municipality's line: it has waited before.
    pub fn push_first(&mut self, gemeente: Gemeentecode, what: T) {
        self.line(gemeente).push_front(what);
    }

    /// The line in which one more is to wait.
    fn line(&mut self, gemeente: Gemeentecode) -> &mut VecDeque<T> {
        let line = self.lines.entry(gemeente).or_default();
        if line.is_empty() {
            self.order.push_back(gemeente);
        }
        self.waiting += 1;
        line
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }
}

/// The first in the line of the municipality whose turn it is.
impl<T> Iterator for Turns<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let gemeente = self.order.pop_front()?;
        let line = self.lines.get_mut(&gemeente)?;
        let what = line.pop_front()?;
        if line.is_empty() {
            self.lines.remove(&gemeente);
        } else {
            self.order.push_back(gemeente);
        }
        self.waiting -= 1;
        Some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(waiting: impl IntoIterator<Item = (&'static str, u32)>) -> Turns<(&'static str, u32)> {
        let mut turns = Turns::default();
        waiting.into_iter().for_each(|(code, number)| turns.push(code.parse().unwrap(), (code, number)));
        turns
    }

    #[test]
    fn nobody_waits_behind_anothers_file_and_each_line_keeps_its_order() {
        let file = (0..10_000).map(|number| ("9003", number));
        let mut turns = turns(file.chain([("9001", 0), ("9002", 0), ("9001", 1)]));
        let first: Vec<_> = turns.by_ref().take(6).collect();
        assert_eq!(first, [("9003", 0), ("9001", 0), ("9002", 0), ("9003", 1), ("9001", 1), ("9003", 2)]);
        turns.push("9002".parse().unwrap(), ("9002", 1));
        assert_eq!([turns.next(), turns.next()], [Some(("9003", 3)), Some(("9002", 1))]);
        assert_eq!((turns.len(), turns.is_empty()), (9_996, false));
    }

    #[test]
    fn what_has_waited_before_is_first_of_its_own() {
        let mut turns = turns([("9003", 0), ("9001", 0), ("9003", 1)]);
        turns.push_first("9003".parse().unwrap(), ("9003", 2));
        turns.push_first("9002".parse().unwrap(), ("9002", 0));
        let all: Vec<_> = turns.collect();
        assert_eq!(all, [("9003", 2), ("9001", 0), ("9002", 0), ("9003", 0), ("9003", 1)]);
    }

    #[test]
    fn an_empty_line_is_forgotten() {
        let mut turns = turns([("9001", 0)]);
        assert_eq!((turns.next(), turns.next(), turns.len()), (Some(("9001", 0)), None, 0));
        assert!(turns.lines.is_empty() && turns.order.is_empty());
    }
}
