//! The answers of one that was asked, as they come.

use crate::app::screens::chat::target::Resolved;
use crate::lab::samples::{Answer, Asked, Equal, Grid, Group, Outcome, Place, Plan, Step, groups, ranked, tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All of it.
#[derive(Debug, Clone)]
pub struct Flight {
    /// Its number.
    pub id: u64,
    /// Whom it asks.
    pub target: Resolved,
    /// What is asked.
    pub plan: Arc<Plan>,
    /// The grid that it goes through.
    pub grid: Grid,
    /// The answers, by place.
    pub answers: BTreeMap<Place, Answer>,
    /// Settings that are asked for one by one after all, and why.
    pub apart: BTreeMap<usize, String>,
    /// Uptime at the beginning, in seconds.
    pub begun: f64,
    /// Seconds that it took, once it is over.
    pub took: Option<f64>,
    /// Whether it was stopped.
    pub stopped: bool,
    /// Branches on their way.
    pub branching: usize,
    /// Columns, one a settings, kept up with the answers.
    pub columns: Vec<Column>,
}

/// The answers of one settings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Column {
    /// Position of the settings.
    pub setting: usize,
    /// What is in it, from top to bottom.
    pub cells: Vec<Cell>,
}

/// One thing in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Answers that are equal; members are places.
    Group {
        /// The group; its members count answers of the column that are whole.
        group: Group,
        /// Their places.
        places: Vec<Place>,
        /// Whether it holds the answer that `best_of` shows.
        best: bool,
    },
    /// An answer that is on its way, was stopped, or failed.
    Other(Place),
    /// An answer that branched off, so deep.
    Branch(Place, usize),
}

impl Cell {
    /// The answer that it shows.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Group { places, .. } => places.first().copied(),
            Self::Other(place) | Self::Branch(place, _) => Some(*place),
        }
    }
}

impl Flight {
    /// Begins.
    pub fn new(id: u64, target: Resolved, plan: Plan, grid: Grid, begun: f64) -> Self {
        let columns = (0..plan.settings.len()).map(|setting| Column { setting, cells: Vec::new() }).collect();
        Self {
            id,
            target,
            plan: Arc::new(plan),
            grid,
            answers: BTreeMap::new(),
            apart: BTreeMap::new(),
            begun,
            took: None,
            stopped: false,
            branching: 0,
            columns,
        }
    }

    /// Whether anything is on its way.
    pub fn busy(&self) -> bool {
        self.took.is_none() || self.branching > 0
    }

    /// How many answers have ended, branches left out.
    pub fn done(&self) -> usize {
        let ended = |answer: &&Answer| answer.parent.is_none() && answer.outcome != Outcome::Coming;
        self.answers.values().filter(ended).count()
    }

    /// Takes steps in.
    pub fn take(&mut self, steps: Vec<Step>, equal: Equal) {
        // More text of an answer that is on its way moves nothing.
        let moves = |step: &Step| !matches!(step, Step::Text { place, .. } if self.answers.contains_key(place));
        let regroups = steps.iter().any(moves);
        for step in steps {
            match step {
                Step::Text { place, text } => {
                    let answer = self.answers.entry(place).or_insert_with(|| Answer { place, ..Answer::default() });
                    if answer.outcome == Outcome::Coming {
                        answer.text.push_str(&text);
                    }
                }
                Step::Ended(answer) => {
                    self.answers.insert(answer.place, *answer);
                }
                Step::Apart { setting, why } => {
                    self.apart.insert(setting, why);
                }
            }
        }
        if regroups {
            self.group(equal);
        }
    }

    /// It is over: what has not come will not.
    pub fn end(&mut self, stopped: bool, uptime: f64, equal: Equal) {
        self.took.get_or_insert((uptime - self.begun).max(0.0));
        self.stopped |= stopped;
        for answer in self.answers.values_mut().filter(|answer| answer.parent.is_none()) {
            if answer.outcome == Outcome::Coming {
                answer.outcome = Outcome::Stopped;
            }
        }
        self.group(equal);
    }

    /// Puts equal answers together anew.
    pub fn group(&mut self, equal: Equal) {
        for column in &mut self.columns {
            let all: Vec<&Answer> = of(&self.answers, column.setting).collect();
            let whole: Vec<&Answer> = all.iter().copied().filter(|one| one.parent.is_none() && one.whole()).collect();
            let best = self.plan.emulated.as_ref().and_then(|_| ranked(&whole).first().map(|at| whole[*at].place));
            let cell = |group: Group| {
                let places: Vec<Place> = group.members.iter().map(|at| whole[*at].place).collect();
                Cell::Group { best: best.is_some_and(|best| places.contains(&best)), places, group }
            };
            column.cells =
                groups(whole.iter().map(|answer| answer.text.as_str()), equal).into_iter().map(cell).collect();
            let others = all.iter().filter(|one| one.parent.is_none() && !one.whole());
            column.cells.extend(others.map(|one| Cell::Other(one.place)));
            let every: Vec<Answer> = all.iter().map(|one| bare(one)).collect();
            let branches = tree(&every).into_iter().filter(|row| row.depth > 0);
            column.cells.extend(branches.map(|row| Cell::Branch(every[row.at].place, row.depth)));
        }
    }

    /// A place for a branch of an answer.
    pub fn free(&self, setting: usize) -> Place {
        let last = of(&self.answers, setting).map(|answer| answer.place.index + 1).max().unwrap_or(0);
        let planned = self.plan.settings.get(setting).map_or(0, |planned| planned.answers);
        Place { setting, index: last.max(planned) }
    }

    /// How the answers of a settings were asked for, and why so.
    pub fn asked(&self, setting: usize) -> (&'static str, Option<&str>) {
        if let Some(why) = self.apart.get(&setting) {
            return (Asked::Apart(None).words(), Some(why));
        }
        match self.plan.settings.get(setting).map(|planned| &planned.asked) {
            Some(asked @ Asked::Together) => (asked.words(), None),
            Some(Asked::Apart(why)) => (Asked::Apart(None).words(), why.as_deref()),
            None => ("", None),
        }
    }
}

fn of(answers: &BTreeMap<Place, Answer>, setting: usize) -> impl Iterator<Item = &Answer> {
    let from = Place { setting, index: 0 };
    answers.range(from..).map(|(_, answer)| answer).take_while(move |answer| answer.place.setting == setting)
}

/// What the tree needs of an answer.
fn bare(answer: &Answer) -> Answer {
    Answer { place: answer.place, parent: answer.parent.clone(), ..Answer::default() }
}
