//! What the estimator says of a launch, before it is made.

use crate::base::{Reading, Unknown};
use crate::engines::fit::rules;
use crate::engines::proof::Prediction;
use crate::engines::{Plan, Request};
use crate::gpu::live::{Options, SourceChoice, read_once};
use crate::runtime::learning::{self, Machine};
use crate::runtime::shelves;
use crate::runtime::world::Common;

/// The prediction, where enough is known of the model and the machine. Reads disk and driver.
///
/// # Errors
/// Why there is none.
pub fn prediction(common: &Common, request: &Request, plan: &Plan) -> Reading<Prediction> {
    let engine = rules(request.spec.engine, request.simulated_dialect)?;
    let (catalogue, _) = shelves::catalogue(&common.paths);
    let local = shelves::local(&common.settings.model_folders, common.demo.is_some()).models;
    let facts = learning::facts(&plan.model, engine, &catalogue, &local)
        .ok_or_else(|| Unknown::because(format!("neither this machine nor the catalogue knows {}", plan.model)))?;
    let source = common.sim_card.clone().map_or(SourceChoice::Nvml, SourceChoice::Simulated);
    let machine = Machine::of(&read_once(source, Options::default()))?;
    learning::predict(request, plan, &facts, &learning::lessons(&common.paths), machine)
}
