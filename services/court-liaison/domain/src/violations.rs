//! What is out of order, as far as known: a function of the facts in the order in which they happened.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use kernel::{days::amsterdam_date, terms::statutory};

use crate::{
    courts::Courts,
    fact::{Fact, Ground, JudgmentKind, TrackEnd},
    outcome::course,
    state::{Recorded, State},
};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $dutch:literal;)+) => {
        crate::codes::coded! {
            /// What can be out of order.
            Code { $($(#[$doc])* $variant = $code;)+ }
        }
        impl Code {
            /// In plain Dutch, for the worklist.
            pub const fn dutch(self) -> &'static str { match self { $(Self::$variant => $dutch,)+ } }
        }
    };
}

codes! {
    /// A writ was announced or served and no report of the arrears is known (Bgs art. 2).
    SummonsWithoutReport = "summons-without-report",
        "Dagvaarding zonder dat een melding van de huurachterstand bekend is (art. 2 Bgs). Vraag de verhuurder naar de melding.";
    /// The writ came sooner after the report than the court wants.
    ReportTooRecent = "report-too-recent",
        "De dagvaarding is eerder na de melding betekend dan deze rechtbank wil. Meld dit voor de zitting.";
    /// The writ came later after the report than the court wants.
    ReportTooOld = "report-too-old",
        "De dagvaarding is later na de melding betekend dan deze rechtbank wil. Meld dit voor de zitting.";
    /// A writ during the pause after help was accepted (*Landelijk Convenant Vroegsignalering*).
    SummonsDuringPause = "summons-during-pause",
        "Dagvaarding binnen de pauze van 30 dagen na aanvaarding van hulp. Spreek de verhuurder hierop aan.";
    /// Less than a week between service and cause-list date (Rv art. 114, 119).
    CauseListDateTooEarly = "cause-list-date-too-early",
        "De roldatum ligt te kort na de betekening (art. 114 en 119 Rv).";
    /// Listed or held before the cause-list date of the writ.
    HearingBeforeCauseListDate = "hearing-before-cause-list-date",
        "De zitting ligt voor de roldatum in de dagvaarding.";
    /// A judgment after defence and no hearing known.
    JudgmentWithoutHearing = "judgment-without-hearing",
        "Vonnis op tegenspraak zonder dat een zitting bekend is.";
    /// A default judgment and no writ known.
    JudgmentWithoutSummons = "judgment-without-summons",
        "Verstekvonnis zonder dat een dagvaarding bekend is.";
    /// An eviction and no judgment known that allows it.
    EvictionWithoutJudgment = "eviction-without-judgment",
        "Ontruiming zonder dat een vonnis tot ontruiming bekend is. Vraag de deurwaarder naar de titel.";
    /// An eviction for arrears and no last offer (step 9) known.
    EvictionWithoutLastOffer = "eviction-without-last-offer",
        "Ontruiming zonder laatste vrijwillig aanbod (stap 9). Doe dat aanbod vandaag nog.";
    /// Less than the three days of the order (Rv art. 555 lid 1, Atw art. 2), or a new date served too late (lid 2).
    EvictionAnnouncedTooSoon = "eviction-announced-too-soon",
        "De ontruiming is te kort tevoren aangezegd (art. 555 Rv, art. 2 Atw).";
    /// Carried out and never announced (Rv art. 555, Gdw art. 14).
    EvictionWithoutAnnouncement = "eviction-without-announcement",
        "Ontruiming zonder dat een aanzegging bekend is (art. 555 Rv, art. 14 Gdw).";
    /// An eviction while a moratorium runs (Fw art. 287b, 305).
    MoratoriumRunning = "moratorium-running",
        "Ontruiming terwijl een moratorium loopt (art. 287b Fw). Bel de deurwaarder en de rechtbank.";
}

/// Something out of order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What.
    pub code: Code,
    /// Happened-at of the fact it is about: with the code, its identity.
    pub about: Timestamp,
    /// Role code of who looks at it the same day.
    pub owner: String,
    /// The rule that was tested.
    pub rule: String,
    /// Version of that rule.
    pub rule_version: u32,
}

type Found = BTreeMap<(Code, Timestamp), Violation>;

struct Check<'a> {
    state: &'a State,
    courts: &'a Courts,
    found: Found,
}

/// Everything out of order in what is known now.
pub(crate) fn check(state: &State, courts: &Courts) -> Found {
    let mut check = Check { state, courts, found: BTreeMap::new() };
    for Recorded { fact, at } in &state.facts {
        check.fact(fact, *at);
    }
    check.found
}

impl Check<'_> {
    fn found(&mut self, code: Code, about: Timestamp) {
        self.found_by(code, about, code.code(), 1);
    }

    fn found_by(&mut self, code: Code, about: Timestamp, rule: &str, rule_version: u32) {
        let violation = Violation { code, about, owner: crate::OWNER.to_owned(), rule: rule.to_owned(), rule_version };
        self.found.insert((code, about), violation);
    }

    /// A fact that happened no later than `at`.
    fn known(&self, at: Timestamp, which: impl Fn(&Fact) -> bool) -> bool {
        self.state.facts.iter().any(|r| r.at <= at && which(&r.fact))
    }

    fn fact(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::SummonsAnnounced => self.summons(at),
            Fact::SummonsServed { cause_list_date, court } => {
                self.summons(at);
                self.window(at, court.as_deref());
                if cause_list_date.is_some_and(|date| date < statutory::cause_list(amsterdam_date(at)).due) {
                    self.found_by(Code::CauseListDateTooEarly, at, "rv-cause-list-8d", 1);
                }
            }
            Fact::HearingListed { on, .. } => self.hearing(at, *on),
            Fact::HearingHeld { .. } => self.hearing(at, amsterdam_date(at)),
            Fact::Judgment(judgment) => {
                if judgment.by_default {
                    if !self.known(at, |fact| matches!(fact, Fact::SummonsServed { .. })) {
                        self.found(Code::JudgmentWithoutSummons, at);
                    }
                } else if !self.known(at, |fact| matches!(fact, Fact::HearingHeld { .. })) {
                    self.found(Code::JudgmentWithoutHearing, at);
                }
            }
            Fact::EvictionAnnounced { on, ground, served_on, .. } => {
                self.eviction(at, *on, *ground);
                if *ground != Ground::Mayor {
                    self.too_soon(at, served_on.unwrap_or_else(|| amsterdam_date(at)), *on);
                }
                if self.moratorium(at, *on) {
                    self.found(Code::MoratoriumRunning, at);
                }
            }
            Fact::EvictionCarriedOut => {
                let today = amsterdam_date(at);
                match self.announcement(at) {
                    None => {
                        self.found(Code::EvictionWithoutAnnouncement, at);
                        self.eviction(at, today, Ground::Arrears);
                    }
                    // What the announcement was listed for is not listed again: only a title that fell away after it.
                    Some((announced, ground)) => {
                        if ground != Ground::Mayor && self.title(announced) && !self.title(at) {
                            self.found(Code::EvictionWithoutJudgment, at);
                        }
                    }
                }
                if self.moratorium(at, today) {
                    self.found(Code::MoratoriumRunning, at);
                }
            }
            Fact::MoratoriumRequested
            | Fact::MoratoriumDecided { .. }
            | Fact::LastOffer { .. }
            | Fact::AdministrationOrdered { .. }
            | Fact::EvictionAverted
            | Fact::TrackEnded(_)
            | Fact::HomeLeft(_) => {}
        }
    }

    fn summons(&mut self, at: Timestamp) {
        if !self.state.reports.iter().any(|report| *report <= at) {
            self.found(Code::SummonsWithoutReport, at);
        }
        let paused = self.state.accepted.iter().any(|accepted| {
            let resumed = self.state.pauses.iter().any(|p| p.from == *accepted && p.ended.is_some_and(|ended| ended <= at));
            *accepted < at && amsterdam_date(at) <= statutory::pause(amsterdam_date(*accepted)).due && !resumed
        });
        if paused {
            self.found_by(Code::SummonsDuringPause, at, "lcv-pause-30d", 1);
        }
    }

    /// The court's own rule about the time between report and writ. The court is the one the writ names, or else the one
    /// that lists the case. The first report counts for "too recent", the last for "too old".
    fn window(&mut self, at: Timestamp, named: Option<&str>) {
        let listed = || {
            let newest = self.state.newest(|fact| if let Fact::HearingListed { court, .. } = fact { Some(court.clone()) } else { None });
            newest.map(|(court, _)| court)
        };
        let Some(court) = named.map(str::to_owned).or_else(listed) else { return };
        let reports = || self.state.reports.iter().filter(|report| **report <= at);
        let (Some(first), Some(last)) = (reports().min(), reports().max()) else { return };
        let (first, last, served) = (amsterdam_date(*first), amsterdam_date(*last), amsterdam_date(at));
        let courts = self.courts;
        for rule in courts.of(&court, served) {
            if rule.too_soon(first, served) {
                self.found_by(Code::ReportTooRecent, at, &rule.code, rule.version);
            }
            if rule.too_late(last, served) {
                self.found_by(Code::ReportTooOld, at, &rule.code, rule.version);
            }
        }
    }

    /// The cause-list date is that of the newest writ served before.
    fn hearing(&mut self, at: Timestamp, on: Date) {
        let served = self.state.facts.iter().filter(|r| r.at <= at).filter_map(|r| match &r.fact {
            Fact::SummonsServed { cause_list_date, .. } => Some((r.at, *cause_list_date)),
            _ => None,
        });
        let date = served.max().and_then(|(_, date)| date);
        if date.is_some_and(|date| on < date) {
            self.found(Code::HearingBeforeCauseListDate, at);
        }
    }

    /// The newest announcement of an eviction no later than `at`.
    fn announcement(&self, at: Timestamp) -> Option<(Timestamp, Ground)> {
        let known = self.state.facts.iter().filter(|r| r.at <= at);
        let announced = known.filter_map(|r| if let Fact::EvictionAnnounced { ground, .. } = r.fact { Some((r.at, ground)) } else { None });
        announced.max()
    }

    /// A mayor's closure needs no judgment (BW 7:231 lid 2); the last offer is about a debt, and helps until the day itself.
    fn eviction(&mut self, at: Timestamp, on: Date, ground: Ground) {
        if ground != Ground::Mayor && !self.title(at) {
            self.found(Code::EvictionWithoutJudgment, at);
        }
        let offered = self.state.facts.iter().any(|r| matches!(r.fact, Fact::LastOffer { .. }) && amsterdam_date(r.at) <= on);
        if ground == Ground::Arrears && !offered {
            self.found(Code::EvictionWithoutLastOffer, at);
        }
    }

    /// A judgment that lets the bailiff evict stands at `at`.
    ///
    /// The newest judgment counts. One that upholds the title on objection or appeal is told as what it upholds, and is a title
    /// itself; one that rejects the claim or convicts to pay only takes the title away, for both are ways out of step 8. Judgments
    /// of one day are read together, so that a conviction to pay or in the costs, told beside a dissolution, takes nothing away.
    /// After a *terme de grâce* payment takes it away too (BW art. 7:280); after another judgment payment does not, and neither
    /// does a settlement: the title lives on under its conditions.
    fn title(&self, at: Timestamp) -> bool {
        let judgments = || {
            let known = self.state.facts.iter().filter(|r| r.at <= at);
            known.filter_map(|r| if let Fact::Judgment(judgment) = r.fact { Some((r.at, judgment.kind)) } else { None })
        };
        let Some(newest) = judgments().map(|(judged, _)| amsterdam_date(judged)).max() else { return false };
        let paid =
            |judged| self.state.facts.iter().any(|r| judged <= r.at && r.at <= at && matches!(r.fact, Fact::TrackEnded(TrackEnd::Paid)));
        judgments()
            .filter(|(judged, kind)| amsterdam_date(*judged) == newest && kind.is_title())
            .any(|(judged, kind)| kind != JudgmentKind::Grace || !paid(judged))
    }

    /// A first order leaves three days holding two ordinary ones; a new date is served three days before it. The date moves only
    /// when an eviction stands announced: after a newer judgment, or when the track had ended, it begins with an order again.
    fn too_soon(&mut self, at: Timestamp, served: Date, on: Date) {
        let before = || self.state.facts.iter().filter(|r| r.at < at || r.at == at && matches!(r.fact, Fact::Judgment(_)));
        let newest = |which: fn(&Fact) -> bool| before().filter(|r| which(&r.fact)).map(|r| r.at).max();
        let judged = newest(|fact| matches!(fact, Fact::Judgment(_)));
        let ended = course(before()).ended;
        let announced = newest(|fact| matches!(fact, Fact::EvictionAnnounced { .. }));
        let moved =
            announced.is_some_and(|announced| judged.is_none_or(|judged| judged <= announced) && ended.is_none_or(|end| end < announced));
        if moved {
            let last = statutory::reannounce(on);
            if served > last.due {
                self.found_by(Code::EvictionAnnouncedTooSoon, at, last.rule, last.version);
            }
        } else if on <= statutory::bevel(served).due {
            self.found_by(Code::EvictionAnnouncedTooSoon, at, "rv-bevel-3d", 1);
        }
    }

    /// A moratorium granted before `at` runs on `day`.
    fn moratorium(&self, at: Timestamp, day: Date) -> bool {
        self.state.facts.iter().any(|r| {
            r.at < at
                && matches!(r.fact, Fact::MoratoriumDecided { granted: true })
                && day <= statutory::moratorium(amsterdam_date(r.at)).due
        })
    }
}
