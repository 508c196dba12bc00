//! A grid of settings: every combination of the values given for some parameters, over settings that stay.

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::sampling::{Kind, Param, Setting, Settings, value};
use crate::wire::Dialect;

/// The most settings of a grid.
pub const MOST_SETTINGS: usize = 64;

/// One parameter and the values it goes through; `None` leaves it unset.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The parameter.
    pub param: Param,
    /// Its values, in the order given, none twice.
    pub values: Vec<Option<Setting>>,
}

/// Settings that stay, and the axes over them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    /// What holds for every answer.
    pub base: Settings,
    /// What changes; the last axis changes fastest.
    pub axes: Vec<Axis>,
}

/// Reads `temperature=0,0.7,1.2`; `unset` is a value too.
///
/// # Errors
/// When there is no such parameter, it cannot be an axis, or a value is none of its kind.
pub fn axis(text: &str) -> Result<Axis, Problem> {
    let wrong = |why: String| {
        let what = format!("{} is no axis of a grid", clean_line(text));
        Problem::usage(what, why, "write it as temperature=0,0.7,1.2")
    };
    let (name, values) = text.split_once('=').ok_or_else(|| wrong("a parameter and its values belong to it".into()))?;
    let name = name.trim().replace('-', "_");
    let param = Param::ALL.into_iter().find(|param| param.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Param::ALL.into_iter().filter(|param| axial(*param)).map(Param::name).collect();
        wrong(format!("there are {}", names.join(", ")))
    })?;
    if !axial(param) {
        return Err(wrong(format!("{} is one value for the whole grid", param.name())));
    }
    let mut found: Vec<Option<Setting>> = Vec::new();
    for text in values.split(',') {
        let value = read(param, text)?;
        if !found.contains(&value) {
            found.push(value);
        }
    }
    Ok(Axis { param, values: found })
}

/// Whether a parameter can change over a grid: how many answers there are and what is told of them cannot.
fn axial(param: Param) -> bool {
    !matches!(param, Param::N | Param::BestOf | Param::Logprobs | Param::UseBeamSearch | Param::Stop)
}

/// A value of the parameter's kind; whether an engine takes it is seen once it is known which one is asked.
fn read(param: Param, text: &str) -> Result<Option<Setting>, Problem> {
    // The dialect whose numbers have the fewest bounds decides nothing here but the kind.
    value::parse(param, text, Dialect::LlamaCpp).or_else(|problem| {
        let number = text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        let value = number.map(Setting::Real).and_then(|value| value::coerce(param, value));
        value.map(Some).ok_or(problem)
    })
}

impl Axis {
    /// As [`axis`] reads it.
    pub fn text(&self) -> String {
        let one = |value: &Option<Setting>| value.as_ref().map_or("unset".to_owned(), short);
        format!("{}={}", self.param.name(), self.values.iter().map(one).collect::<Vec<_>>().join(","))
    }
}

/// A value without padding.
fn short(value: &Setting) -> String {
    match value {
        Setting::Real(x) => x.to_string(),
        other => value::format(other),
    }
}

impl Grid {
    /// Every combination, in order; the settings alone where there are no axes.
    ///
    /// # Errors
    /// When there are more than [`MOST_SETTINGS`], an axis comes twice, or one has no values.
    pub fn settings(&self) -> Result<Vec<Settings>, Problem> {
        let size = self.axes.iter().try_fold(1usize, |size, axis| size.checked_mul(axis.values.len()));
        let problem = |why: String, hint: &str| Problem::usage("the grid cannot be asked", why, hint);
        match size {
            Some(0) => return Err(problem("an axis has no values".into(), "name at least one")),
            Some(size) if size <= MOST_SETTINGS => {}
            _ => {
                return Err(problem(format!("it has more than {MOST_SETTINGS} settings"), "give fewer values"));
            }
        }
        let twice = |at: usize, axis: &Axis| self.axes[..at].iter().any(|before| before.param == axis.param);
        if let Some((_, axis)) = self.axes.iter().enumerate().find(|(at, axis)| twice(*at, axis)) {
            return Err(problem(format!("{} comes twice", axis.param.name()), "write all its values in one"));
        }
        let mut all = vec![self.base.clone()];
        for axis in &self.axes {
            let with = |settings: &Settings, value: &Option<Setting>| {
                let mut settings = settings.clone();
                settings.set(axis.param, value.clone());
                settings
            };
            all = all.iter().flat_map(|one| axis.values.iter().map(|value| with(one, value))).collect();
        }
        Ok(all)
    }

    /// What tells the settings of one place apart: `temperature 0.70 · top_p 0.90`; empty where nothing changes.
    pub fn label(&self, settings: &Settings) -> String {
        let one = |axis: &Axis| match settings.0.get(&axis.param) {
            Some(value) => format!("{} {}", axis.param.name(), value::format(value)),
            None => format!("{} unset", axis.param.name()),
        };
        self.axes.iter().map(one).collect::<Vec<_>>().join(" · ")
    }
}

/// The kind of an axis' values, for fields that are typed.
impl Axis {
    /// Whether its values are numbers.
    pub fn numbers(&self) -> bool {
        matches!(self.param.kind(), Kind::Whole | Kind::Real)
    }
}
