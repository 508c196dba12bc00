//! What the estimator says of a launch, before it is made.

use crate::engines::fit::rules;
use crate::engines::proof::Prediction;
use crate::engines::{Plan, Request};
use crate::gpu::live::{Options, SourceChoice, read_once};
use crate::runtime::learning::{self, Machine};
use crate::runtime::shelves;
use crate::runtime::world::Common;

/// The prediction, where enough is known of the model and the machine. Reads disk and driver.
pub fn prediction(common: &Common, request: &Request, plan: &Plan) -> Option<Prediction> {
    let engine = rules(request.spec.engine, request.simulated_dialect).ok()?;
    let (catalogue, _) = shelves::catalogue(&common.paths);
    let local = shelves::local(&common.settings.model_folders, common.demo.is_some()).models;
    let facts = learning::facts(&plan.model, engine, &catalogue, &local)?;
    let source = common.sim_card.clone().map_or(SourceChoice::Nvml, SourceChoice::Simulated);
    let machine = Machine::of(&read_once(source, Options::default())).ok()?;
    learning::predict(request, plan, &facts, &learning::lessons(&common.paths), machine).ok()
}
