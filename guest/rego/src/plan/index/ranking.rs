//! In which order an index asks its places.

use std::cmp::{Ordering, Reverse};

use super::place::{PlaceId, Places};

/// What is known of each place before the order is made.
#[derive(Debug, Default)]
pub struct Ranking {
    /// By number of the place.
    stats: Vec<Stats>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Stats {
    count: usize,
    alternation: Alternation,
}

/// What it costs a rule that it accepts several values at a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alternation {
    /// No rule does.
    #[default]
    None,
    /// The alternatives meet again behind it.
    Converging,
    /// They do not: what the rule asks of later places stays unasked.
    Terminal,
}

impl Ranking {
    /// Notes that a place took part in so many constraints.
    pub fn count(&mut self, place: PlaceId, times: usize) {
        if let Some(stats) = self.stats(place) {
            stats.count += times;
        }
    }

    /// Notes that a rule accepts several values there.
    pub fn alternate(&mut self, place: PlaceId, kind: Alternation) {
        if let Some(stats) = self.stats(place) {
            stats.alternation = stats.alternation.max(kind);
        }
    }

    fn stats(&mut self, place: PlaceId) -> Option<&mut Stats> {
        let at = place as usize;
        if self.stats.len() <= at {
            self.stats.resize(at + 1, Stats::default());
        }
        self.stats.get_mut(at)
    }

    /// The places that took part, in order. OPA's order, since what stands behind a terminal alternation
    /// is not asked, and so decides which rules are tried.
    pub fn sorted(&self, places: &Places) -> Vec<PlaceId> {
        let mut sorted: Vec<_> = (0..)
            .zip(&self.stats)
            .filter(|(_, stats)| stats.count > 0)
            .map(|(id, stats)| (stats.alternation, Reverse(stats.count), id))
            .collect();
        sorted.sort_by(|one, other| {
            let ((alternation, count, id), (other_alternation, other_count, other_id)) =
                (*one, *other);
            (alternation, count)
                .cmp(&(other_alternation, other_count))
                .then_with(|| by_location(places, id, other_id))
                .then(id.cmp(&other_id))
        });
        sorted.into_iter().map(|(_, _, id)| id).collect()
    }
}

/// What was not written comes last.
fn by_location(places: &Places, one: PlaceId, other: PlaceId) -> Ordering {
    let key = |id| {
        let at = places.location(id);
        (at.is_none(), at)
    };
    key(one).cmp(&key(other))
}
