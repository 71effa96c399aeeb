//! The one mail that is sent: a link to confirm a form. Nothing of the tenant is in it.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, SinglePart},
};

/// Longest time for each step with the mail server.
const STEP: Duration = Duration::from_secs(10);

pub(super) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mail {
    /// With a server and a sender; says what is wrong with either, without the password.
    pub(super) fn new(smtp: &str, from: &str) -> Result<Self, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp);
        let transport = transport.map_err(|_| "--smtp: an address like smtps://user:password@mail.example.nl expected".to_owned())?;
        let from = from.parse().map_err(|_| "--mail-from: an e-mail address expected".to_owned())?;
        Ok(Self { transport: transport.timeout(Some(STEP)).build(), from })
    }

    /// An address that mail can be sent to.
    pub(super) fn address(text: &str) -> Option<Mailbox> {
        Some(Mailbox::new(None, text.trim().parse().ok()?))
    }

    /// Sends the link.
    pub(super) async fn confirm(&self, to: Mailbox, link: &str, until: &str) -> Result<(), lettre::transport::smtp::Error> {
        let text = format!(
            "Goedendag,\n\nU hebt een melding van een huurachterstand ingevuld. Uw melding telt pas als u haar bevestigt.\n\n\
             Open deze pagina en druk op de knop:\n\n{link}\n\nDit kan tot {until}. Daarna verwijderen wij wat u hebt ingevuld.\n\n\
             Hebt u niets ingevuld? Dan hoeft u niets te doen.\n"
        );
        let message = Message::builder().from(self.from.clone()).to(to).subject("Bevestig uw melding van een huurachterstand");
        match message.singlepart(SinglePart::plain(text)) {
            Ok(message) => self.transport.send(message).await.map(drop),
            // Sender and receiver are addresses already: there is nothing left to be wrong.
            Err(error) => {
                tracing::error!(%error, "a mail could not be made");
                Ok(())
            }
        }
    }
}
