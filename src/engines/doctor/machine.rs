//! The machine below the engine: driver, CUDA, kernels, Python, disk.

use super::context::Context;
use super::read::{between, number_after, quoted_after};
use super::remedy::{Cost, Remedy};
use super::rule::{CAUSE, LIKELY, Rule, SICK, Told, rule};
use super::text::said;

pub const RULES: &[Rule] = &[
    rule("no_kernel_image", &["no kernel image is available"], CAUSE, no_kernel),
    rule("no_kernel_image", &["CUDA_ERROR_NO_BINARY_FOR_GPU", "rror"], CAUSE, no_kernel),
    rule("no_kernel_image", &["ptxas fatal", "is not defined for option 'gpu-name'"], CAUSE, no_kernel),
    rule("no_kernel_image", &["rror", "does not support .target sm_"], CAUSE, no_kernel),
    rule("torch_mismatch", &["rror", "_OpNamespace", "object has no attribute"], CAUSE, torch),
    rule("no_kernel_image", &["is not compatible with the current PyTorch installation"], LIKELY, no_kernel),
    rule("no_kernel_image", &["rror", "device kernel image is invalid"], CAUSE, no_kernel),
    rule("driver_mismatch", &["rror", "PTX was compiled with an unsupported toolchain"], CAUSE, driver),
    rule("driver_mismatch", &["rror", "forward compatibility was attempted"], CAUSE, driver),
    rule("driver_mismatch", &["rror", "unsatisfied condition: cuda"], CAUSE, driver),
    rule("driver_mismatch", &["failed to initialize CUDA", "driver version is insufficient"], SICK, driver),
    rule("no_driver", &["nvidia-container-cli", "rror"], LIKELY, no_driver),
    rule("no_driver", &["no CUDA-capable device is detected"], CAUSE, no_driver),
    rule("process_start", &["An attempt has been made to start a new process"], CAUSE, main_guard),
    rule("process_start", &["rror", "Cannot re-initialize CUDA in forked"], CAUSE, forked),
    rule("program_broken", &["version `GLIBC", "not found"], CAUSE, broken),
    rule("no_driver", &["Found no NVIDIA driver", "rror"], CAUSE, no_driver),
    rule("no_driver", &["No CUDA GPUs are available", "rror"], CAUSE, no_driver),
    rule("no_driver", &["Failed to infer device type", "rror"], CAUSE, no_driver),
    rule("no_driver", &["libcuda.so.1", "cannot open shared object", "rror"], CAUSE, no_driver),
    rule("driver_mismatch", &["rror", "driver on your system is too old"], CAUSE, driver),
    rule("driver_mismatch", &["rror", "CUDA driver version is insufficient"], CAUSE, driver),
    rule("driver_mismatch", &["rror", "unsupported display driver / cuda driver combination"], CAUSE, driver),
    rule("driver_mismatch", &["river/library version mismatch"], CAUSE, reboot),
    rule("driver_mismatch", &["NVMLError_LibRmVersionMismatch"], CAUSE, reboot),
    rule("no_driver", &["NVMLError_"], LIKELY, no_driver),
    rule("no_driver", &["Failed to initialize NVML"], LIKELY, no_driver),
    rule("no_driver", &["rror", "runtime name: nvidia"], CAUSE, no_toolkit),
    rule("no_driver", &["rror", "discover GPU vendor"], CAUSE, no_toolkit),
    rule("no_kernel_image", &["rror", "No compiled ", "device capability"], CAUSE, no_kernel),
    rule("module_missing", &["rror", "package is not available in your environment"], CAUSE, module),
    rule("torch_mismatch", &["undefined symbol", "rror"], CAUSE, torch),
    rule("torch_mismatch", &["rror", "libcudart.so", "cannot open shared object"], CAUSE, torch),
    rule("torch_mismatch", &["rror", "libtorch", "cannot open shared object"], CAUSE, torch),
    rule("torch_mismatch", &["rror", "operator torchvision::nms does not exist"], CAUSE, torch),
    rule("torch_mismatch", &["rror", "Torch not compiled with CUDA enabled"], CAUSE, torch),
    rule("program_broken", &["error while loading shared libraries"], CAUSE, broken),
    rule("program_broken", &["cannot execute binary file", "rror"], CAUSE, broken),
    rule("module_missing", &["ModuleNotFoundError"], CAUSE, module),
    rule("module_missing", &["PackageNotFoundError"], CAUSE, module),
    rule("no_driver", &["rror", "CUDA unknown error"], LIKELY, no_driver),
    rule("no_driver", &["rror", "could not select device driver"], CAUSE, no_toolkit),
    rule("driver_mismatch", &["rror", "cudaErrorInsufficientDriver"], CAUSE, driver),
    rule("module_missing", &["rror", "Missing dependency"], LIKELY, module),
    rule("package_mismatch", &["ImportError: cannot import name"], LIKELY, packages),
    rule("no_compiler", &["rror", "Failed to find C compiler"], CAUSE, compiler),
    rule("no_compiler", &["rror", "Could not find nvcc"], CAUSE, compiler),
    rule("no_compiler", &["Error", "No such file or directory: 'ninja'"], CAUSE, compiler),
    rule("no_compiler", &["fatal error: ", ".h: No such file"], CAUSE, compiler),
    rule("no_compiler", &["rror", "inja build failed"], LIKELY, compiler),
    rule("no_compiler", &["rror", "Ninja is required"], CAUSE, compiler),
    rule("no_compiler", &["rror", "CUDA_HOME environment variable is not set"], CAUSE, compiler),
    rule("module_missing", &["ImportError: ", "lease install"], LIKELY, module),
    rule("permission_denied", &["rror", "[Errno 13]"], LIKELY, permission),
    rule("permission_denied", &["rror: ", "permission denied"], 6, permission),
    rule("disk_full", &["o space left on device"], CAUSE, disk),
    rule("disk_full", &["[Errno 28]", "rror"], CAUSE, disk),
    rule("too_many_files", &["[Errno 24]", "rror"], LIKELY, files),
];

fn no_kernel(_: &str, _: &Context) -> Told {
    let why = "The engine's PyTorch holds no machine code for this card: an RTX 50 card (sm_120) needs a build for CUDA \
               12.8 or newer.";
    let install =
        "install a build for CUDA 12.8 or newer: `vramdeck engines` repairs its own, or pip install vllm anew";
    Told::new(why, vec![Remedy::by_hand(install)])
}

fn no_driver(line: &str, _: &Context) -> Told {
    let why = format!("No NVIDIA driver answers: {}.", said(line));
    let hidden = "if `nvidia-smi` shows the card: check CUDA_VISIBLE_DEVICES, the container's --gpus, and /dev/nvidia*";
    Told::new(
        why,
        vec![Remedy::by_hand("install the NVIDIA driver; vLLM cannot run without a card"), Remedy::by_hand(hidden)],
    )
}

fn driver(line: &str, _: &Context) -> Told {
    let found = number_after(line, "found version ").map(|version| {
        let version = version as u64;
        format!(" It supports CUDA {}.{}.", version / 1000, version % 1000 / 10)
    });
    let why = format!("The driver is older than the CUDA that the engine was built with.{}", found.unwrap_or_default());
    let update = "update the NVIDIA driver: 570 or newer for CUDA 12.8, 580 for CUDA 13";
    Told::new(why, vec![Remedy::by_hand(update), Remedy::by_hand("or install a build of the engine for an older CUDA")])
}

fn reboot(_: &str, _: &Context) -> Told {
    let why = "The driver was updated while its older kernel module is still loaded.";
    Told::new(why, vec![Remedy::by_hand("reboot, or unload and load the nvidia modules")])
}

fn torch(line: &str, _: &Context) -> Told {
    let why = format!("The engine and its PyTorch were not built for each other: {}.", said(line));
    let repair = "install engine and PyTorch together into a fresh environment: `vramdeck engines` repairs its own";
    Told::new(why, vec![Remedy::by_hand(repair)])
}

fn broken(line: &str, _: &Context) -> Told {
    if let Some(version) = between(line, "version `", "'") {
        let why = format!("The program was built for a newer system than this one: it wants {version}.");
        let older = "take a build for this system, build it here, or run it in a container: a system library cannot be exchanged";
        return Told::new(why, vec![Remedy::by_hand(older)]);
    }
    let library = between(line, "shared libraries: ", ":").map(|name| format!(" {name} is missing."));
    let why = format!("The program cannot be started on this machine.{}", library.unwrap_or_default());
    Told::new(why, vec![Remedy::by_hand("reinstall the engine, or install the library with your system's packages")])
}

fn module(line: &str, _: &Context) -> Told {
    let package = || quoted_after(line, "but ").filter(|_| line.contains("package is not available"));
    let asked = || line.split_once("lease install ").and_then(|(_, rest)| rest.split([' ', ',']).next());
    let name =
        quoted_after(line, "No module named ").or_else(package).or_else(asked).or_else(|| line.rsplit(' ').next());
    let name = name.unwrap_or_default().trim_matches(['.', '`', '\'', '"']);
    let why = format!("The Python environment is incomplete: {name} is not installed in it.");
    let install = format!("install {name} into the engine's environment, or repair it: `vramdeck engines`");
    Told::new(why, vec![Remedy::by_hand(install)])
}

fn disk(line: &str, _: &Context) -> Told {
    let place = quoted_after(line, "No space left on device: ").map(|path| format!(" ({path})")).unwrap_or_default();
    let why = format!("The disk is full{place}.");
    let free = "free space where models and caches lie: `vramdeck doctor` shows how much each place has";
    let elsewhere = "or let caches lie elsewhere: HF_HOME for models, VLLM_CACHE_ROOT for compiled graphs, TMPDIR";
    Told::new(why, vec![Remedy::by_hand(free), Remedy::by_hand(elsewhere)])
}

fn files(_: &str, _: &Context) -> Told {
    let why = "The process had as many files and connections open as it may.";
    Told::new(why, vec![Remedy::by_hand("raise the limit before the start: ulimit -n 65536")])
}

fn no_toolkit(_: &str, _: &Context) -> Told {
    let why = "Docker knows no NVIDIA cards: the container toolkit is not set up.";
    let install = "install nvidia-container-toolkit, run `nvidia-ctk runtime configure`, and restart Docker";
    Told::new(why, vec![Remedy::by_hand(install)])
}

fn packages(line: &str, _: &Context) -> Told {
    let why = format!("Two Python packages do not fit each other: {}.", said(line));
    let repair = "repair the environment: `vramdeck engines`, or install the engine anew without pinning its packages";
    Told::new(why, vec![Remedy::by_hand(repair)])
}

fn compiler(line: &str, _: &Context) -> Told {
    let why = format!("Kernels are compiled at the start, and a tool for that is missing: {}.", said(line));
    let install = "install a C compiler, Python's headers and ninja (Debian: build-essential python3-dev ninja-build); \
                   for nvcc the CUDA toolkit";
    // What PyTorch compiles needs a C compiler; what FlashInfer compiles needs CUDA's own, whatever PyTorch does.
    let torch = line.contains("C compiler") || line.contains("Python.h");
    let without = if torch {
        Remedy::switch("--enforce-eager", Cost::Speed, "without torch.compile less is compiled at the start")
    } else {
        Remedy::env("VLLM_USE_FLASHINFER_SAMPLER", "0", Cost::Speed, "PyTorch's own sampler needs nothing compiled")
    };
    Told::new(why, vec![without, Remedy::by_hand(install)])
}

fn main_guard(_: &str, _: &Context) -> Told {
    let why = "A script started the engine outside of `if __name__ == '__main__':`, and each new process ran it again.";
    let guard = "put what the script does below `if __name__ == '__main__':`, or start the server with `vllm serve`";
    Told::new(why, vec![Remedy::by_hand(guard)])
}

fn forked(_: &str, _: &Context) -> Told {
    let why = "A process that had used the card already was forked: CUDA cannot be used in the copy.";
    let spawn = "new processes begin afresh";
    Told::new(why, vec![Remedy::env("VLLM_WORKER_MULTIPROC_METHOD", "spawn", Cost::Nothing, spawn)])
}

fn permission(line: &str, _: &Context) -> Told {
    let place = quoted_after(line, "Permission denied: ").unwrap_or("A file or port");
    let why = format!("{place} may not be used by this user.");
    Told::new(
        why,
        vec![Remedy::by_hand("let your user own it, or name another place: HF_HOME, VLLM_CACHE_ROOT, TMPDIR")],
    )
}
