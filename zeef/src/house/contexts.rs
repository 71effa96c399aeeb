//! Owns what all contexts are together: who follows whom, for verification and for the start.

use journal::{Context, Durable, Handling, Journal, Unavailable, verify::Report};

macro_rules! contexts {
    ($($context:ty),* $(,)?) => {
        /// Every context that has a stream.
        pub const CONTEXTS: &[&str] = &[$(<$context as Context>::NAME),*];

        fn follows(follower: &str, source: &str) -> bool {
            $(if follower == <$context as Context>::NAME {
                return <$context as Context>::FOLLOWS.contains(&source);
            })*
            false
        }

        fn is_ignored(follower: &str, source: &str, name: &str, version: u32) -> bool {
            $(if follower == <$context as Context>::NAME {
                return <$context as Context>::handling(source, name, version) == Handling::Ignored;
            })*
            true
        }
    };
}
contexts!(intake::Intake, routing::Routing, outreach::Outreach, court_liaison::CourtLiaison, aftercare::Aftercare);

/// Verifies every stream of a journal: chains, links, and that no reaction was lost or doubled.
///
/// # Errors
/// [`Unavailable`] when the journal does not answer.
pub async fn verify(journal: &dyn Journal) -> Result<Report, Unavailable> {
    journal::verify::verify(journal, CONTEXTS, follows, is_ignored).await
}

/// The durable consumers that a service follows others by; none for one that has no context.
pub fn durables(follower: &str) -> impl Iterator<Item = Durable> {
    let sources = CONTEXTS.iter().filter(move |source| follows(follower, source));
    sources.map(move |source| Durable { follower: follower.to_owned(), source: (*source).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_follows_somebody_who_exists() {
        for follower in CONTEXTS {
            let sources: Vec<_> = CONTEXTS.iter().filter(|source| follows(follower, source)).collect();
            assert!(!sources.is_empty() && !sources.contains(&follower), "{follower}: {sources:?}");
        }
    }
}
