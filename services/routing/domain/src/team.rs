//! Who takes a case when a team is away or its week is full: the next team, or the same one, and the route says so. Nobody waits for room.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use jiff::civil::Date;
use kernel::{Gemeentecode, Key, ids::derived_uuid};
use uuid::Uuid;

use crate::{code::WhyNot, policy::Policy};

/// A week, ISO 8601, Europe/Amsterdam.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week {
    year: i16,
    week: i8,
}

impl Week {
    /// The week of a day.
    pub fn of(day: Date) -> Self {
        let date = day.iso_week_date();
        Self { year: date.year(), week: date.week() }
    }

    /// The aggregate of routing's own stream that holds a municipality's places of this week.
    pub fn key(self, gemeente: Gemeentecode) -> Key {
        Key::new(gemeente, derived_uuid(Uuid::NAMESPACE_OID, &format!("routing week {self}")))
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

/// A team (*team*): rules send cases to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// Dutch, with its article: "het crisisteam".
    pub name: String,
    /// The cases that may begin with it in a week (*capaciteit*); `None` is not counted.
    pub capacity_per_week: Option<u32>,
    /// The team of which it is the part that serves some districts.
    pub part_of: Option<String>,
    /// The districts (*wijken*) it serves, by the municipality's codes.
    pub districts: BTreeSet<String>,
    /// What it can do that not every team can, by the municipality's codes.
    pub skills: BTreeSet<String>,
    /// When it is away (*afwezig*): first and last day.
    pub absent: Vec<(Date, Date)>,
    /// The team that takes over what it has no room for; of a part, the whole when none is named.
    pub overflow: Option<String>,
}

impl Team {
    fn next(&self) -> Option<&str> {
        self.overflow.as_deref().or(self.part_of.as_deref())
    }

    fn is_absent(&self, on: Date) -> bool {
        self.absent.iter().any(|(first, last)| (*first..=*last).contains(&on))
    }
}

/// A team that a case could not go to in time: told with the route (*overloop*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// Team code.
    pub team: String,
    /// Why.
    pub why: WhyNot,
    /// How many cases a week hold there, when it was full.
    pub capacity: Option<u32>,
}

/// Where a case begins (*plaats*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The team.
    pub team: String,
    /// The day; it counts in that week.
    pub on: Date,
    /// The teams that were asked before, or that have it although they had no room.
    pub overflow: Vec<Overflow>,
}

impl Place {
    /// The team that was asked first.
    pub fn asked(&self) -> &str {
        self.overflow.first().map_or(&self.team, |first| &first.team)
    }
}

/// The places of a municipality's teams in one week, by route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<Uuid, Arc<Place>>);

impl Places {
    /// The place of a route.
    pub fn of(&self, route: Uuid) -> Option<&Place> {
        self.0.get(&route).map(Arc::as_ref)
    }

    /// The cases that began with a team.
    pub fn begun(&self, team: &str) -> u32 {
        u32::try_from(self.0.values().filter(|place| place.team == team).count()).unwrap_or(u32::MAX)
    }

    pub(crate) fn put(&mut self, route: Uuid, place: &Place) {
        self.0.insert(route, Arc::new(place.clone()));
    }
}

impl Policy {
    /// The team that serves a district for a team that a rule names; itself when none does or the district is unknown.
    pub fn serving<'a>(&'a self, team: &'a str, district: Option<&str>) -> &'a str {
        let serves =
            |part: &Team| part.part_of.as_deref() == Some(team) && district.is_some_and(|district| part.districts.contains(district));
        self.teams.iter().find(|(_, part)| serves(part)).map_or(team, |(code, _)| code)
    }

    /// A team and those that take over from it, in order.
    pub(crate) fn takers<'a>(&'a self, team: &'a str) -> Vec<(&'a str, &'a Team)> {
        let mut takers: Vec<(&str, &Team)> = Vec::new();
        let mut next = Some(team);
        while let Some((code, team)) = next.and_then(|code| self.teams.get_key_value(code)) {
            if takers.iter().any(|(known, _)| known == code) {
                break;
            }
            takers.push((code, team));
            next = team.next();
        }
        takers
    }

    /// Whether cases have to be counted to know who takes one.
    pub fn is_counted(&self, team: &str) -> bool {
        self.takers(team).iter().any(|(_, team)| team.capacity_per_week.is_some())
    }

    /// Where a case goes that is for a team: the first that is there and has room; when none has, the first that is there;
    /// when none is, that team. A person's choice of a team (`chosen`) stands. `begun` tells the cases of the week so far.
    pub fn place(&self, team: &str, chosen: bool, on: Date, begun: impl Fn(&str) -> u32) -> Place {
        let mut takers = self.takers(team);
        takers.truncate(if chosen { 1 } else { usize::MAX });
        let mut overflow = Vec::new();
        for (code, taker) in &takers {
            let full = taker.capacity_per_week.filter(|capacity| begun(code) >= *capacity);
            let why = match (taker.is_absent(on), full) {
                (true, _) => WhyNot::Absent,
                (false, Some(_)) => WhyNot::Full,
                (false, None) => return Place { team: (*code).to_owned(), on, overflow },
            };
            overflow.push(Overflow { team: (*code).to_owned(), why, capacity: full });
        }
        let all_the_same = overflow.iter().find(|one| one.why == WhyNot::Full).map_or(team, |one| &one.team).to_owned();
        Place { team: all_the_same, on, overflow }
    }

    /// What is wrong with the teams: by team, and in words.
    pub(crate) fn check_teams(&self) -> Vec<(&str, String)> {
        let mut faults = Vec::new();
        let mut served: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (code, team) in &self.teams {
            let mut wrong = |text: String| faults.push((code.as_str(), format!("team \"{code}\": {text}")));
            if team.capacity_per_week == Some(0) {
                wrong("capacity_per_week is minstens 1; een team dat er niet is, is absent".to_owned());
            }
            if team.absent.iter().any(|(first, last)| last < first) {
                wrong("absent eindigt voor het begint".to_owned());
            }
            for (key, other) in [("overflow", &team.overflow), ("part_of", &team.part_of)] {
                if other.as_ref().is_some_and(|other| other == code || !self.teams.contains_key(other)) {
                    wrong(format!("{key} is een ander team: een van {}", self.team_codes().join(", ")));
                }
            }
            if self.takers(code).last().and_then(|(_, last)| last.next()).is_some_and(|next| self.teams.contains_key(next)) {
                wrong("overflow gaat rond: een van de teams is het laatste".to_owned());
            }
            if team.part_of.is_some() == team.districts.is_empty() {
                wrong("part_of en districts horen bij elkaar".to_owned());
            }
            if let Some(whole) = &team.part_of {
                if self.teams.get(whole).is_some_and(|whole| whole.part_of.is_some()) {
                    wrong("part_of is een team dat zelf geen deel is".to_owned());
                }
                for district in &team.districts {
                    if !served.insert((whole, district)) {
                        wrong(format!("wijk \"{district}\" heeft al een ander deel van \"{whole}\""));
                    }
                }
            }
        }
        faults
    }

    /// A skill that a rule needs and a team lacks to which its cases may go: the team and the skill.
    pub(crate) fn lacking<'a>(&'a self, team: &'a str, needs: &'a BTreeSet<String>) -> Option<(&'a str, &'a str)> {
        let parts = self.teams.iter().filter(|(_, part)| part.part_of.as_deref() == Some(team)).map(|(code, _)| code.as_str());
        std::iter::once(team)
            .chain(parts)
            .flat_map(|code| self.takers(code))
            .find_map(|(code, taker)| needs.iter().find(|skill| !taker.skills.contains(*skill)).map(|skill| (code, skill.as_str())))
    }
}
