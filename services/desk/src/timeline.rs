//! The timeline of a case in plain Dutch. Codes, amounts and dates only: no personal data stands in the events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journal::terms::date_in;
use kernel::{
    Arrears, Cents,
    days::amsterdam_date,
    terms::{TermEvent, TermKind},
};
use proto::{
    common::v1 as common,
    court_liaison::v1::{Fact, JudgmentKind, Tested, fact::What},
    intake::v1::{self as intake, PartnerKind, PaymentKind, Shown},
};
use uuid::Uuid;

use crate::{entry::Entries, event::Event, words};

/// Something that happened in a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// When it happened.
    pub happened_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The context that recorded it.
    pub context: &'static str,
    /// The stream's sequence.
    pub sequence: u64,
    /// Its place in the commit.
    pub index: usize,
    /// Its type.
    pub event: String,
    /// Plain Dutch.
    pub text: String,
    /// The step of the chart it belongs to; 0 for none.
    pub step: u32,
}

/// Everything that happened, oldest first.
pub fn timeline(entries: &Entries) -> Vec<Told> {
    let mut told = Vec::new();
    let mut kinds = BTreeMap::new();
    for entry in entries.values() {
        for (index, (name, event, happened_at)) in entry.events().enumerate() {
            let text = match &event {
                Event::TermChanged(term) => term_text(&mut kinds, term).map(|text| (0, text)),
                other => text(other, entry.gemeente()),
            };
            let Some((step, text)) = text else { continue };
            let (context, sequence, recorded_at) = (entry.context(), entry.sequence, entry.recorded_at());
            told.push(Told { happened_at, recorded_at, context, sequence, index, event: name.to_owned(), text, step });
        }
    }
    told.sort();
    told
}

/// A stored calendar date as people write it, or `onbekende dag`.
fn day(date: Option<&common::Date>) -> String {
    date_in(date).map_or_else(|_| "onbekende dag".to_owned(), words::date)
}

/// Two codes of one shape that read as a sentence: `code (detail)` without the brackets when there is no detail.
fn with(text: &str, detail: &str) -> String {
    if detail.is_empty() { text.to_owned() } else { format!("{text}: {detail}") }
}

/// What a colleague should know of a report before acting on it: of a landlord's duties (Bgs art. 2 a-d) what was not declared, and
/// whether the same arrears were reported before.
fn marks(signal: &intake::SignalAccepted) -> Vec<String> {
    let letters = |wanted: fn(Shown) -> bool| {
        let each = signal.duties().zip(["a", "b", "c", "d"]).filter(|(shown, _)| wanted(*shown));
        each.map(|(_, letter)| letter).collect::<Vec<_>>().join(", ")
    };
    let mut marks = Vec::new();
    if signal.kind() == PartnerKind::Rent {
        let undeclared = letters(|shown| !matches!(shown, Shown::Met | Shown::NotMet));
        if !undeclared.is_empty() {
            marks.push(format!("niet verklaard: {undeclared}"));
        }
        let not_met = letters(|shown| shown == Shown::NotMet);
        if !not_met.is_empty() {
            marks.push(format!("niet voldaan, aangenomen omdat er een dreiging bekend is: {not_met}"));
        }
    }
    match (signal.repeats_signal_id.is_empty(), signal.repeats_higher) {
        (true, _) => {}
        (false, true) => marks.push("herhaalde melding met een hoger bedrag: oppakken".to_owned()),
        (false, false) if signal.skipped => marks.push("herhaalde melding, bedrag niet hoger: niet opgepakt".to_owned()),
        (false, false) => marks.push("herhaalde melding, bedrag niet hoger".to_owned()),
    }
    match signal.below_threshold.as_str() {
        "amount" => marks.push("onder het drempelbedrag van de gemeente".to_owned()),
        "days" => marks.push("korter dan de termijn van het convenant".to_owned()),
        _ => {}
    }
    if let Some(contract) = words::contract(&signal.contract) {
        marks.push(format!("huurcontract volgens de verhuurder: {contract}"));
    }
    if signal.crisis() {
        marks.push("crisissignaal".to_owned());
    }
    if signal.warm_handover() {
        marks.push("warme overdracht".to_owned());
    }
    if let Ok(ends) = date_in(signal.supply_ends.as_ref()) {
        let late = if crate::ddas::is_late(signal) { ", te laat gemeld" } else { "" };
        marks.push(format!("eindafsluiting op {}{late}", words::date(ends)));
    }
    marks
}

/// A bailiff's notice: what whoever carries off and stores the goods has to know.
fn noticed(e: &intake::EvictionNoticed) -> String {
    let goods: Vec<_> = e.goods.iter().map(|code| words::goods(code)).collect();
    let size = e.cubic_metres.map(|size| format!(", {size} m³")).unwrap_or_default();
    let what = if e.corrects { "Kennisgeving van de deurwaarder verbeterd" } else { "Kennisgeving van de deurwaarder (artikel 14 Gdw)" };
    format!("{what}: zaken: {}{size}", goods.join(", "))
}

/// A person as a page names one: no name, and enough to tell two apart.
fn person(id: &[u8]) -> String {
    Uuid::from_slice(id).map_or_else(|_| "Een persoon".to_owned(), |id| format!("Persoon {}", words::person(&id.to_string())))
}

fn text(event: &Event, gemeente: &str) -> Option<(u32, String)> {
    let step = |step: u32, text: String| Some((step, text));
    let plain = |text: &str| Some((0, text.to_owned()));
    match event {
        Event::CaseOpened(e) => step(
            e.entry_step,
            match e.origin.as_str() {
                "landlord" => "Zaak geopend na een registratie van de verhuurder",
                "signal" if !e.vacated.is_empty() => "Zaak geopend na een signaal over een nieuwe bewoner",
                "signal" => "Zaak geopend na een signaal",
                "court" => "Zaak geopend na een feit uit het juridische spoor",
                "bailiff" => "Zaak geopend na een kennisgeving van de deurwaarder",
                "hand-over" => "Zaak geopend na overdracht van een eerdere zaak",
                "resident" => "Zaak geopend na een eigen verzoek om hulp",
                _ => "Zaak geopend",
            }
            .to_owned(),
        ),
        Event::LandlordStageRecorded(e) if e.step == 1 => {
            step(1, format!("Betalingsachterstand van {} geregistreerd door de verhuurder", Arrears::of(Cents(e.amount_cents))))
        }
        Event::LandlordStageRecorded(e) => step(e.step, "De verhuurder had persoonlijk contact met de huurder".to_owned()),
        Event::SignalAccepted(e) => {
            let kind = match e.kind() {
                PartnerKind::Rent => "huur",
                PartnerKind::Energy => "energie",
                PartnerKind::Water => "drinkwater",
                PartnerKind::Health => "zorgverzekering",
                PartnerKind::Mortgage => "hypotheek",
                PartnerKind::MunicipalTax => "gemeentelijke belasting",
                PartnerKind::Unspecified => "soort onbekend",
            };
            let marks = marks(e).into_iter().map(|mark| format!("; {mark}")).collect::<String>();
            step(3, format!("Signaal ontvangen van {} ({kind}): achterstand {}{marks}", e.organisation, Arrears::of(Cents(e.amount_cents))))
        }
        Event::SignalCorrected(e) => {
            step(3, format!("Signaal verbeterd door {}: achterstand {}", e.organisation, Arrears::of(Cents(e.amount_cents))))
        }
        Event::SignalSupplemented(e) => {
            let yes = |said: bool, what: &str| format!("{}{what}", if said { "" } else { "geen " });
            let said = [
                e.arrears_since.as_ref().map(|since| format!("achterstand sinds {}", day(Some(since)))),
                e.crisis.map(|said| yes(said, "crisis")),
                e.warm_handover.map(|said| yes(said, "warme overdracht")),
            ];
            let said: Vec<_> = said.into_iter().flatten().collect();
            let who = if e.source == "partner" { "de melder" } else { "het huishouden zelf" };
            step(3, format!("Signaal aangevuld door een medewerker, volgens {who}: {}", said.join("; ")))
        }
        Event::AttemptSupplemented(e) => {
            let on = Timestamp::from_millisecond(e.attempted_at_ms).map(amsterdam_date);
            let on = on.map(words::date).unwrap_or_default();
            step(4, format!("Contactpoging van {on} aangevuld: {}", e.daypart))
        }
        Event::HelpRequested(e) => step(
            4,
            with(
                if e.by.is_some() {
                    "De deurwaarder droeg het huishouden over, dat daarmee instemt"
                } else {
                    "Het huishouden vroeg zelf om hulp"
                },
                match e.threat.as_str() {
                    "eviction" => "er dreigt een ontruiming",
                    "supply" => "er dreigt afsluiting van energie of water",
                    "health-insurance" => "de zorgverzekering dreigt te eindigen",
                    _ => "",
                },
            ),
        ),
        Event::EvictionNoticed(e) => step(11, noticed(e)),
        Event::CircumstanceLearned(e) => {
            let what = match e.circumstance.as_str() {
                "benefit" => "een bijstandsuitkering",
                "entrepreneur" => "een onderneming in het huishouden",
                "private-landlord" => "een particuliere verhuurder",
                _ => "een omstandigheid",
            };
            let who = match e.source.as_str() {
                "household" => "het huishouden zelf",
                "partner" => "de melder",
                "municipality" => "een registratie van de gemeente",
                _ => "een medewerker",
            };
            plain(&format!("Bekend geworden: {}{what}, volgens {who}", if e.holds { "" } else { "niet " }))
        }
        Event::TenantDied(e) => plain(&with(
            "De huurder is overleden",
            match e.left_behind.as_str() {
                "nobody" => "er blijft niemand achter",
                "co-tenant" => "de medehuurder zet de huur voort",
                "housemate" => "een huisgenoot blijft achter en kan de huur vorderen (art. 7:268 BW)",
                "carer" => "een mantelzorger blijft achter en kan de huur vorderen (art. 7:268 BW)",
                _ => "wie er achterblijft, wordt nagegaan",
            },
        )),
        // Told by what follows in the same commit.
        Event::HandOverOffered(e) if e.to_gemeentecode == gemeente => None,
        Event::HandOverOffered(e) => {
            plain(&format!("Zaak aangeboden aan de gemeente waar het huishouden nu woont ({})", e.to_gemeentecode))
        }
        Event::HandOverAnswered(e) if e.to_file_key.split('.').next() == Some(gemeente) => {
            let there = Uuid::from_slice(&e.to_case_id).map(|case| case.to_string()).unwrap_or_default();
            plain(&format!("Het huishouden verhuisde binnen de gemeente: het werk gaat verder in zaak {there}"))
        }
        Event::HandOverAnswered(e) if e.bounce.is_empty() => plain("De andere gemeente nam de zaak over"),
        Event::HandOverAnswered(e) => plain(&with("De zaak kwam terug", words::bounce(&e.bounce))),
        Event::CaseTakenOver(e) if e.from_gemeentecode == gemeente => {
            plain("Het huishouden verhuisde hierheen binnen de gemeente: de termijnen lopen door vanaf de eerste ontvangst van de signalen")
        }
        Event::CaseTakenOver(e) => {
            plain(&format!("Overgenomen van gemeente {}, met de eerste ontvangst van de signalen", e.from_gemeentecode))
        }
        Event::SignalWithdrawn(e) => step(
            3,
            with(
                "Signaal ingetrokken",
                match e.reason.as_str() {
                    "error" => "ten onrechte gemeld",
                    "deceased" => "overleden",
                    "not-resident" => "woont daar niet (meer)",
                    "paid" => "betaald",
                    _ => "",
                },
            ),
        ),
        Event::PaymentRecorded(e) => plain(match e.kind() {
            PaymentKind::Paid => "De achterstand is helemaal betaald",
            PaymentKind::PlanAgreed => "Betalingsregeling afgesproken",
            PaymentKind::PlanBroken => "Betalingsregeling niet nagekomen",
            PaymentKind::PlanCompleted => "Betalingsregeling nagekomen tot het einde",
            PaymentKind::CurrentRentPaid => "De lopende huur is betaald",
            PaymentKind::CurrentRentMissed => "De lopende huur is niet betaald",
            _ => "Een deel van de achterstand is betaald",
        }),
        Event::PersonsJudged(e) => plain(if e.same {
            "Twijfel opgelost: twee namen in deze zaak zijn van dezelfde persoon"
        } else {
            "Twijfel opgelost: twee namen in deze zaak zijn van verschillende personen"
        }),
        Event::CasesMerged(e) => plain(if e.leading {
            "Samengevoegd met een andere zaak: het werk gaat in deze zaak door"
        } else {
            "Samengevoegd met een andere zaak: het werk gaat in die zaak door; signalen, termijnen en meldbewijzen blijven hier"
        }),
        Event::CasesUnmerged(e) => {
            let whose = e.assigned.iter().map(|one| {
                let case = if one.case_id == e.case_id { "deze zaak" } else { "de andere zaak" };
                format!(
                    "; {} {} hoort bij {case}{}",
                    words::context(&one.context),
                    one.sequence,
                    if one.written { " (brief of bericht)" } else { "" }
                )
            });
            step(0, format!("Samenvoeging beëindigd{}", whose.collect::<String>()))
        }
        Event::LetterRectified(e) => step(
            0,
            format!("Brief of bericht rechtgezet dat tijdens een samenvoeging uitging ({} {})", words::context(&e.context), e.sequence),
        ),
        Event::RightRequested(e) => {
            step(0, format!("{} ontvangen, te beantwoorden uiterlijk {}", words::right(&e.right), day(e.due.as_ref())))
        }
        Event::RightExtended(e) => {
            step(0, format!("Termijn van een AVG-verzoek verlengd tot {}; de betrokkene weet het", day(e.due.as_ref())))
        }
        Event::RightDecided(e) => step(0, format!("{}: {}", words::right(&e.right), words::right_verdict(&e.verdict))),
        Event::ConsentRecorded(e) => plain(&format!(
            "{}: toestemming voor {} {}",
            person(&e.person_id),
            words::consent_purpose(&e.purpose),
            words::consent_word(&e.word)
        )),
        Event::ContactRestricted(e) => {
            plain(&format!("{}: contactbeperking, {}", person(&e.person_id), words::restriction(&e.kind, &e.channels)))
        }
        Event::RestrictionEnded(e) => plain(&format!("{}: contactbeperking opgeheven", person(&e.person_id))),
        Event::RefusalRecorded(e) if e.whole => {
            plain(&format!("{}: wil geen hulp; iedereen in deze zaak heeft geweigerd", person(&e.person_id)))
        }
        Event::RefusalRecorded(e) => {
            plain(&format!("{}: wil geen hulp; voor anderen in het huishouden gaat de hulp door", person(&e.person_id)))
        }
        Event::RestrictionBroken(e) => plain(&format!(
            "Tegen een contactbeperking in contact gezocht met {} ({}), te bekijken door {}",
            person(&e.person_id).to_lowercase(),
            e.channel,
            words::owner(&e.owner)
        )),
        Event::CaseClosed(e) if e.failed => step(0, format!("Zaak gesloten, woning verloren: {}", words::outcome(&e.outcome))),
        Event::CaseClosed(e) => step(0, format!("Zaak gesloten: {}", words::outcome(&e.outcome))),
        Event::CaseRouted(e) => {
            let track = match e.track.as_str() {
                "early" => "vroeg",
                "intensive" => "intensief",
                "crisis" => "crisis",
                "team-lead" => "teamleider",
                other => other,
            };
            let overflow: String = e.overflow.iter().map(|one| format!("; {}", words::overflow(one, &e.team))).collect();
            step(4, with(&format!("Toegewezen aan {}, spoor {track}{overflow}", e.team), &e.reason))
        }
        Event::RouteEnded(_) => plain("Toewijzing beëindigd"),
        Event::PlanMade(e) => {
            let first = e.attempts.iter().filter_map(|attempt| date_in(attempt.by.as_ref()).ok()).min();
            let attempts = if e.attempts.len() == 1 { "1 poging".to_owned() } else { format!("{} pogingen", e.attempts.len()) };
            let by = first.map(|day| format!(", de eerste uiterlijk {}", words::date(day))).unwrap_or_default();
            step(4, format!("Contactplan gemaakt: {attempts}{by}"))
        }
        Event::SignalJoined(e) if e.plan_id.is_empty() => None,
        Event::SignalJoined(_) => step(4, "Een volgend signaal is bij het lopende contactplan gevoegd".to_owned()),
        Event::AttemptRecorded(e) => {
            let daypart = if e.daypart.is_empty() { String::new() } else { format!(", {}", e.daypart) };
            let reached = if e.reached { "bereikt" } else { "niet bereikt" };
            let number = if e.number == 0 { String::new() } else { format!(" {}", e.number) };
            step(4, format!("Contactpoging{number} ({}{daypart}): {reached}", e.channel))
        }
        Event::OfferMade(e) => step(4, with("Hulp aangeboden", &e.channel)),
        Event::HelpAccepted(_) => step(4, "Hulp aanvaard".to_owned()),
        Event::HelpRefused(_) => step(4, "Hulp geweigerd".to_owned()),
        Event::FirstTalkHeld(_) => step(4, "Eerste gesprek gevoerd".to_owned()),
        Event::PlanExhausted(e) => step(4, format!("Contactplan afgelopen na {} pogingen: niemand bereikt", e.attempts)),
        Event::HelpResolved(e) => step(4, with("Hulp afgerond", words::outcome(&e.result))),
        Event::PlanEnded(_) => plain("Contactplan gestopt"),
        Event::TrackOpened(e) => {
            step(e.entry_step, if e.episode > 1 { "Juridisch spoor opnieuw begonnen" } else { "Juridisch spoor begonnen" }.to_owned())
        }
        Event::FactRecorded(e) => {
            let told = e.fact.as_ref().and_then(fact).unwrap_or_else(|| "Feit vastgelegd".to_owned());
            step(
                e.step,
                with(&told, if e.notice_id.is_empty() { "" } else { "volgens de kennisgeving van de deurwaarder (artikel 14 Gdw)" }),
            )
        }
        Event::TrackFinished(e) => step(e.step, format!("Juridisch spoor afgelopen: {}", words::outcome(&e.outcome))),
        Event::AdministrationAsked(_) => step(10, "De gemeente vroeg de rechter om bewind (art. 1:432 lid 2 BW)".to_owned()),
        Event::TrackPaused(e) => plain(&format!("De schuldeiser wacht tot en met {}: hulp aanvaard", day(e.until.as_ref()))),
        Event::TrackResumed(_) => plain("De pauze van het juridische spoor is voorbij"),
        Event::ViolationFound(e) => plain(&with("Niet volgens de regels, ter beoordeling", violation(&e.code))),
        Event::ViolationLifted(e) => plain(&with("Blijkt toch in orde", violation(&e.code))),
        Event::DutyOpened(e) => {
            step(11, format!("Herhuisvesting nodig: een plek vóór {} ({})", day(e.beat.as_ref()), words::owner(&e.owner)))
        }
        Event::BeatMoved(e) => step(11, format!("Nieuwe uiterste dag voor een plek: {}", day(e.beat.as_ref()))),
        Event::DutyAssigned(e) => step(11, format!("Herhuisvesting toegewezen aan {}", words::owner(&e.owner))),
        Event::HomeLost(e) => step(11, format!("Woning verloren: {}", words::outcome(&e.how))),
        Event::Rehoused(e) => {
            let when = if e.in_time { "vóór het verlies van de woning" } else { "na het verlies van de woning" };
            step(11, format!("Herhuisvest {when}: {}", words::place(&e.place)))
        }
        Event::StopgapFound(e) => step(11, format!("Tijdelijk onderdak, nog geen woning: {}", words::place(&e.place))),
        Event::DestinationUnknown(e) => step(11, format!("Verblijfplaats onbekend, laatst gezocht op {}", day(e.last_looked_for.as_ref()))),
        Event::DutyMet(e) => step(11, with("Het huishouden blijft in de woning", words::outcome(&e.how))),
        Event::TermChanged(_) | Event::Silent(_) => None,
    }
}

/// Only what went wrong with a term; its life is in the table of terms. Nothing of a signalling list is shown.
fn term_text(kinds: &mut BTreeMap<Uuid, TermKind>, term: &common::TermEvent) -> Option<String> {
    let event = journal::terms::from_proto(term).ok()?;
    if let TermEvent::Set(set) = &event {
        if !matches!(set.kind, TermKind::ListReview | TermKind::ListEnd) {
            kinds.insert(set.id, set.kind);
        }
        return None;
    }
    let kind = *kinds.get(&event.id())?;
    let name = kind.dutch();
    match event {
        TermEvent::Expired { .. } | TermEvent::LateWhenKnown { .. } if words::is_window(kind) => Some(format!("Termijn voorbij: {name}")),
        TermEvent::Expired { .. } => Some(format!("Termijn verlopen zonder dat bekend is dat zij gehaald is: {name}")),
        TermEvent::LateWhenKnown { .. } => Some(format!("Termijn was al voorbij toen de gemeente ervan hoorde: {name}")),
        TermEvent::FoundMet { happened_at, .. } => {
            Some(format!("Verlopen termijn blijkt op tijd gehaald, op {}: {name}", words::date(amsterdam_date(happened_at))))
        }
        TermEvent::Set(_) | TermEvent::Warned { .. } | TermEvent::Met { .. } | TermEvent::Ended { .. } => None,
    }
}

fn fact(fact: &Fact) -> Option<String> {
    let at = |time: &str| if time.is_empty() { String::new() } else { format!(" om {time} uur") };
    Some(match fact.what.as_ref()? {
        What::SummonsAnnounced(_) => "Dagvaarding aangekondigd".to_owned(),
        What::SummonsServed(e) => with(
            "Dagvaarding betekend",
            &e.cause_list_date.as_ref().map(|date| format!("roldatum {}", day(Some(date)))).unwrap_or_default(),
        ),
        What::HearingListed(e) => format!("Zitting gepland op {}{}, {}", day(e.on.as_ref()), at(&e.time), e.court),
        What::HearingHeld(e) => {
            let appeared = if e.tenant_appeared { "de huurder was er" } else { "de huurder was er niet" };
            let tested = match e.duty_tested() {
                Tested::Shown => "; meldplicht aangetoond",
                Tested::NotShown => "; meldplicht niet aangetoond",
                _ => "",
            };
            format!("Zitting gehouden: {appeared}{tested}")
        }
        What::Judgment(e) => {
            let kind = match e.kind() {
                JudgmentKind::Rejected => "vordering afgewezen",
                JudgmentKind::PaymentOnly => "alleen tot betaling veroordeeld",
                JudgmentKind::Grace => "terme de grâce",
                JudgmentKind::Conditional => "ontbinding onder voorwaarde",
                JudgmentKind::Dissolved => "huurovereenkomst ontbonden",
                JudgmentKind::Unspecified => "inhoud onbekend",
            };
            let objection = match (e.by_default, e.kind(), e.served_in_person) {
                (false, ..) => "",
                (true, JudgmentKind::Rejected, _) | (true, _, true) => " (bij verstek)",
                // Rv art. 143 lid 2 and 3.
                (true, JudgmentKind::PaymentOnly, false) => {
                    " (bij verstek; verzet staat open tot vier weken nadat het in persoon is betekend of de huurder liet blijken het te kennen)"
                }
                (true, _, false) => {
                    " (bij verstek; verzet staat open tot vier weken nadat het in persoon is betekend, de huurder liet blijken het te \
                     kennen, of de woning is ontruimd)"
                }
            };
            format!("Vonnis: {kind}{objection}")
        }
        What::MoratoriumRequested(_) => "Moratorium gevraagd (art. 287b Fw)".to_owned(),
        What::MoratoriumDecided(e) => if e.granted { "Moratorium verleend" } else { "Moratorium afgewezen" }.to_owned(),
        What::LastOffer(e) => {
            if e.accepted { "Laatste vrijwillige aanbod: aanvaard" } else { "Laatste vrijwillige aanbod: niet aanvaard" }.to_owned()
        }
        What::AdministrationOrdered(e) => if e.granted { "Bewind ingesteld door de rechter" } else { "Bewind afgewezen" }.to_owned(),
        What::EvictionAnnounced(e) => {
            let ground = match e.ground.as_str() {
                "arrears" => " wegens huurachterstand",
                "nuisance" => " wegens overlast",
                "mayor" => " na sluiting door de burgemeester",
                _ => "",
            };
            format!("Ontruiming aangezegd voor {}{}{ground}", day(e.on.as_ref()), at(&e.time))
        }
        What::EvictionCarriedOut(_) => "Ontruiming uitgevoerd".to_owned(),
        What::EvictionAverted(_) => "Ontruiming afgewend".to_owned(),
        What::TrackEnded(e) => with("De schuldeiser stopt", words::outcome(&e.reason)),
        What::HomeLeft(e) => match e.how.as_str() {
            "key-handed-in" => "Woning verlaten onder druk: sleutel ingeleverd".to_owned(),
            _ => "Woning verlaten, bestemming onbekend".to_owned(),
        },
    })
}

fn violation(code: &str) -> &str {
    match code {
        "summons-without-report" => "dagvaarding zonder bekende melding",
        "report-too-recent" => "dagvaarding te kort na de melding",
        "report-too-old" => "dagvaarding te lang na de melding",
        "summons-during-pause" => "dagvaarding tijdens de pauze",
        "cause-list-date-too-early" => "roldatum te kort na de betekening",
        "hearing-before-cause-list-date" => "zitting vóór de roldatum",
        "judgment-without-hearing" => "vonnis zonder bekende zitting",
        "judgment-without-summons" => "vonnis zonder bekende dagvaarding",
        "eviction-without-judgment" => "ontruiming zonder bekend vonnis",
        "eviction-without-last-offer" => "ontruiming zonder laatste vrijwillige aanbod",
        "eviction-announced-too-soon" => "ontruiming te kort na de aanzegging",
        "eviction-without-announcement" => "ontruiming zonder bekende aanzegging",
        "moratorium-running" => "ontruiming tijdens een moratorium",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_marked_with_what_was_not_declared_and_whether_it_repeats_another() {
        let shown = |each: [Shown; 4]| intake::SignalAccepted {
            kind: PartnerKind::Rent.into(),
            duties: each.map(Into::into).to_vec(),
            ..Default::default()
        };
        assert!(marks(&shown([Shown::Met; 4])).is_empty());
        let some = shown([Shown::Met, Shown::Unknown, Shown::EvidenceMissing, Shown::NotMet]);
        assert_eq!(marks(&some), ["niet verklaard: b, c", "niet voldaan, aangenomen omdat er een dreiging bekend is: d"]);
        let water = intake::SignalAccepted { kind: PartnerKind::Water.into(), repeats_signal_id: vec![1; 16], ..some };
        assert_eq!(marks(&water), ["herhaalde melding, bedrag niet hoger"]);
        let higher = intake::SignalAccepted { repeats_higher: true, ..water };
        assert_eq!(marks(&higher), ["herhaalde melding met een hoger bedrag: oppakken"]);
    }
}
