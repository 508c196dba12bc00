//! What a card's compute capability means for a form of weights in vLLM.

use crate::models::fit::Engine;
use crate::models::quant::Scheme;

/// A remark about running `scheme` on a card of this compute capability; `None` where nothing is remarkable.
pub fn remark(scheme: &Scheme, engine: Engine, compute: Option<(u32, u32)>) -> Option<&'static str> {
    let (Engine::Vllm, Some(compute)) = (engine, compute) else { return None };
    match scheme {
        Scheme::Fp8 { .. } if compute < (7, 5) => Some("this card runs no FP8 weights, not even unpacked"),
        Scheme::Fp8 { .. } if compute < (8, 9) => {
            Some("no FP8 arithmetic before Ada: Marlin unpacks the weights, memory is saved all the same")
        }
        Scheme::Nvfp4 if compute < (7, 5) => Some("this card runs no NVFP4 weights"),
        Scheme::Nvfp4 if compute < (10, 0) => {
            Some("no NVFP4 arithmetic before Blackwell: Marlin unpacks the weights, memory is saved all the same")
        }
        Scheme::Mxfp4 if compute < (8, 0) => Some("MXFP4 needs Ampere or later"),
        Scheme::Mxfp4 if compute >= (12, 0) => Some("MXFP4 experts run on Marlin here"),
        Scheme::Int8 { group: None } if compute >= (10, 0) => {
            Some("8-bit integer activations (w8a8) have no kernel on Blackwell")
        }
        Scheme::Packed { .. } if compute < (7, 5) => Some("Marlin needs Turing or later: slow kernels here"),
        Scheme::Bnb { .. } => Some("bitsandbytes is a plugin of vLLM"),
        _ => None,
    }
}

/// Why vLLM refuses `scheme` on the card before it loads anything.
pub(super) fn refusal(scheme: &Scheme, engine: Engine, compute: Option<(u32, u32)>) -> Option<&'static str> {
    let (Engine::Vllm, Some(compute)) = (engine, compute) else { return None };
    let refused = match scheme {
        Scheme::Fp8 { .. } | Scheme::Nvfp4 => compute < (7, 5),
        Scheme::Mxfp4 => compute < (8, 0),
        Scheme::Int8 { group: None } => compute >= (10, 0),
        _ => false,
    };
    refused.then(|| remark(scheme, engine, Some(compute))).flatten()
}
