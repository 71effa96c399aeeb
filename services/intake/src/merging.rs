//! Cases that go together and apart again: the pair of links, the work that outreach recorded in between, and the letters that are to be
//! put right.

use intake_domain::{Command, Link, Work};
use jiff::Timestamp;
use journal::{Commit, Subject};
use kernel::{
    CaseId, Decider, Key, Moment,
    ids::{derived_uuid, new_uuid},
};
use prost::Message;
use proto::{common::v1 as common, intake::v1 as pb, outreach::v1 as outreach};
use service::{Actor, action, status};
use tonic::{Status, metadata::MetadataMap};

use crate::{
    codec,
    grpc::{IntakeRpc, case_id, position},
    receipt::moment,
};

/// The context of which the work in between is assigned: what a court, a landlord or aftercare recorded is of its own case.
const OUTREACH: &str = "outreach";
/// Ways to reach somebody that leave something in writing.
const WRITTEN: [&str; 4] = ["brief", "kaartje", "mail", "sms-whatsapp"];

/// Two cases and their files.
struct Pair {
    leading: (Key, CaseId),
    led: (Key, CaseId),
}

/// Something outreach recorded.
struct Done {
    work: Work,
    case: CaseId,
    recorded_at: Timestamp,
    happened_at: Timestamp,
    text: String,
}

impl IntakeRpc {
    /// Two cases that the caller may do this about.
    async fn pair(&self, actor: &Actor, action: &'static str, leading: &str, led: &str) -> Result<Pair, Status> {
        let (leading, led) = (case_id(leading)?, case_id(led)?);
        let (leading_file, led_file) = (self.file_of(leading).await?, self.file_of(led).await?);
        self.of_gemeente(actor, action, leading_file)?;
        self.of_gemeente(actor, action, led_file)?;
        Ok(Pair { leading: (leading_file, leading), led: (led_file, led) })
    }

    /// The newest link between two cases, with its end when either half of it has one.
    async fn link(&self, pair: &Pair) -> Result<Option<Link>, Status> {
        let mut newest: Option<Link> = None;
        for ((file, case), (_, other)) in [(pair.led, pair.leading), (pair.leading, pair.led)] {
            let state = self.state(file).await?;
            let half = state.links.into_iter().rev().find(|link| link.case == case && link.other == other);
            newest = match (newest, half) {
                (Some(known), Some(half)) if known.until.is_none() && half.since >= known.since => {
                    Some(Link { until: half.until, rectified: half.rectified, ..known })
                }
                (None, half) => half,
                (known, _) => known,
            };
        }
        Ok(newest)
    }

    /// What outreach recorded for either case while the link held, oldest first.
    async fn done(&self, pair: &Pair, link: &Link) -> Result<Vec<Done>, Status> {
        let mut all = Vec::new();
        for (file, case) in [pair.leading, pair.led] {
            let subject = Subject::new(OUTREACH, Key::new(file.gemeente, case.uuid()));
            let records = self.room.runtime.journal().load(&subject, 0).await.map_err(|error| status::unavailable(&error))?;
            for record in records {
                let commit = Commit::read(&record).map_err(|error| status::internal(&error))?;
                all.extend(done(case, &commit));
            }
        }
        let until = link.until.as_ref().map(|(until, _)| *until);
        all.retain(|one| one.recorded_at >= link.since && until.is_none_or(|until| one.recorded_at <= until));
        all.sort_by_key(|one| one.work.sequence);
        Ok(all)
    }

    /// Makes the pair of links: first in the file of the case that goes along, then in that of the leading one. When the second
    /// cannot be made, the first is taken away.
    pub(crate) async fn merge(&self, metadata: &MetadataMap, asked: pb::MergeCasesRequest) -> Result<pb::CaseCommandResponse, Status> {
        let actor = self.staff(metadata, action::CASE_DECIDE)?;
        let pair = self.pair(&actor, action::CASE_DECIDE, &asked.leading_case_id, &asked.case_id).await?;
        let ((leading_file, leading), (file, case)) = (pair.leading, pair.led);
        let lead = Command::MergeCases { case: leading, other: case, other_file: file, leading: true };
        let go_along = Command::MergeCases { case, other: leading, other_file: leading_file, leading: false };
        let now = Moment::at(self.room.runtime.now());
        intake_domain::Intake::decide(&self.state(leading_file).await?, &lead, now).map_err(|rejection| status::rejected(&rejection))?;
        self.room.command(&actor, asked.command.as_ref(), file, go_along).await?;
        let second = derived(asked.command.as_ref(), "lead");
        match self.room.command(&actor, second.as_ref(), leading_file, lead).await {
            Ok(done) => Ok(pb::CaseCommandResponse { position: position(done.sequence) }),
            Err(refused) if refused.code() == tonic::Code::FailedPrecondition => {
                let back = Command::UnmergeCases { case, other: leading, work: Vec::new(), assigned: Vec::new() };
                let third = common::Command { request_id: new_uuid(now.now).to_string(), happened_at: String::new() };
                self.room.command(&actor, Some(&third), file, back).await?;
                Err(refused)
            }
            Err(unsure) => Err(unsure),
        }
    }

    /// Takes the pair of links away, once all work that was done in between is somebody's.
    pub(crate) async fn unmerge(&self, metadata: &MetadataMap, asked: pb::UnmergeCasesRequest) -> Result<pb::UnmergeCasesResponse, Status> {
        let actor = self.staff(metadata, action::CASE_DECIDE)?;
        let pair = self.pair(&actor, action::CASE_DECIDE, &asked.leading_case_id, &asked.case_id).await?;
        let assigned = asked.assigned.iter().map(codec::assigned_in).collect::<Result<Vec<_>, _>>();
        let assigned = assigned.map_err(|_| status::invalid_field("assigned", "a context, a sequence and one of the two cases"))?;
        let done = match self.link(&pair).await? {
            Some(link) => self.done(&pair, &link).await?,
            None => Vec::new(),
        };
        let work: Vec<Work> = done.iter().map(|one| one.work.clone()).collect();
        let apart = |case, other| Command::UnmergeCases { case, other, work: work.clone(), assigned: assigned.clone() };
        let answer = self.both(&actor, asked.command.as_ref(), &pair, apart).await?;
        let letters = match self.link(&pair).await? {
            Some(link) => done.into_iter().filter(|one| one.work.written).map(|one| told(one, &link)).collect(),
            None => Vec::new(),
        };
        Ok(pb::UnmergeCasesResponse { position: answer.position, letters })
    }

    /// What was done while two cases were merged, and whose it is.
    pub(crate) async fn merged_work(
        &self,
        metadata: &MetadataMap,
        asked: pb::ListMergedWorkRequest,
    ) -> Result<pb::ListMergedWorkResponse, Status> {
        let actor = self.staff(metadata, action::CASE_READ)?;
        let pair = self.pair(&actor, action::CASE_READ, &asked.leading_case_id, &asked.case_id).await?;
        let link = self.link(&pair).await?.ok_or_else(|| status::rejected(&intake_domain::Rejection::NotMerged))?;
        let work = self.done(&pair, &link).await?.into_iter().map(|one| told(one, &link)).collect();
        let until = link.until.map(|(until, _)| moment(until)).unwrap_or_default();
        Ok(pb::ListMergedWorkResponse { since: moment(link.since), until, work })
    }

    /// Records in both files that a letter was put right.
    pub(crate) async fn rectify(&self, metadata: &MetadataMap, asked: pb::RectifyLetterRequest) -> Result<pb::CaseCommandResponse, Status> {
        let actor = self.staff(metadata, action::CASE_DECIDE)?;
        let pair = self.pair(&actor, action::CASE_DECIDE, &asked.leading_case_id, &asked.case_id).await?;
        let right = |case, other| Command::RectifyLetter { case, other, context: asked.context.clone(), sequence: asked.sequence };
        self.both(&actor, asked.command.as_ref(), &pair, right).await
    }

    /// A command of each of the two files, under request ids that are the same for every repeat.
    async fn both(
        &self,
        actor: &Actor,
        command: Option<&common::Command>,
        pair: &Pair,
        of: impl Fn(CaseId, CaseId) -> Command,
    ) -> Result<pb::CaseCommandResponse, Status> {
        self.room.command(actor, command, pair.led.0, of(pair.led.1, pair.leading.1)).await?;
        let second = derived(command, "lead");
        let done = self.room.command(actor, second.as_ref(), pair.leading.0, of(pair.leading.1, pair.led.1)).await?;
        Ok(pb::CaseCommandResponse { position: position(done.sequence) })
    }
}

/// The half of a command that goes to another file: under an id of its own, the same for every repeat.
fn derived(command: Option<&common::Command>, purpose: &str) -> Option<common::Command> {
    let command = command?;
    let id = command.request_id.parse().ok()?;
    Some(common::Command { request_id: derived_uuid(id, purpose).to_string(), happened_at: command.happened_at.clone() })
}

fn told(one: Done, link: &Link) -> pb::MergedWork {
    let (context, sequence) = (one.work.context, one.work.sequence);
    let assigned =
        link.until.iter().flat_map(|(_, assigned)| assigned).find(|known| known.context == context && known.sequence == sequence);
    pb::MergedWork {
        case_id: one.case.to_string(),
        happened_at: moment(one.happened_at),
        text: one.text,
        written: one.work.written,
        assigned_case_id: assigned.map(|known| known.case.to_string()).unwrap_or_default(),
        rectified: link.rectified.contains(&(context.clone(), sequence)),
        context,
        sequence,
    }
}

/// What a commit of outreach says was done, if it says so: plans, attempts, offers, answers, talks and results.
fn done(case: CaseId, commit: &Commit) -> Option<Done> {
    let (mut texts, mut written) = (Vec::new(), false);
    let mut by = |channel: &str| written |= WRITTEN.contains(&channel);
    for ((name, _), bytes) in commit.envelope.types.iter().zip(&commit.events) {
        match name.as_str() {
            "PlanMade" => texts.push("contactplan gemaakt".to_owned()),
            "AttemptRecorded" => {
                let e = outreach::AttemptRecorded::decode(bytes.clone()).unwrap_or_default();
                by(&e.channel);
                texts.push(format!("contactpoging: {}{}", e.channel, if e.reached { ", bereikt" } else { "" }));
            }
            "OfferMade" => {
                let e = outreach::OfferMade::decode(bytes.clone()).unwrap_or_default();
                by(&e.channel);
                texts.push(format!("aanbod van hulp: {}", e.channel));
            }
            "HelpAccepted" => texts.push("hulp aanvaard".to_owned()),
            "HelpRefused" => texts.push("hulp geweigerd".to_owned()),
            "FirstTalkHeld" => texts.push("eerste gesprek gevoerd".to_owned()),
            "HelpResolved" => texts.push("hulp afgerond".to_owned()),
            _ => {}
        }
    }
    let work = Work { context: OUTREACH.to_owned(), sequence: commit.sequence, written };
    let (recorded_at, happened_at) = (commit.envelope.recorded_at, commit.envelope.happened_at);
    (!texts.is_empty()).then(|| Done { work, case, recorded_at, happened_at, text: texts.join("; ") })
}
