use super::*;
use crate::base::Unknown;
use crate::engines::install::known;

fn machine() -> Machine {
    let python = |minor| Python { path: PathBuf::from(format!("/usr/bin/python3.{minor}")), version: (3, minor) };
    Machine {
        uv: Some(PathBuf::from("/usr/bin/uv")),
        pythons: vec![python(12), python(9)],
        card: false,
        compiler: false,
        free: Ok(Bytes(1 << 40)),
        cache: PathBuf::from("/cache"),
    }
}

fn wish(package: Package, version: Option<&str>) -> Wish {
    Wish { package, version: version.map(str::to_owned), build: None }
}

fn planned(package: Package, build: Build, machine: &Machine) -> InstallPlan {
    let recipe = known(package, build).unwrap();
    plan(&wish(package, None), &recipe, machine, Path::new("/data/slot")).unwrap()
}

fn lines(plan: &InstallPlan) -> Vec<String> {
    plan.steps.iter().map(|step| shown(&step.act)).collect()
}

#[test]
fn with_uv_everything_goes_through_it() {
    let lines = lines(&planned(Package::Vllm, Build::Cuda, &machine()));
    assert_eq!(lines[0], "/usr/bin/uv venv --python /usr/bin/python3.12 /data/slot/venv");
    assert!(lines[1].ends_with("vllm==0.33.0 --dry-run") && lines[1].starts_with("UV_HTTP_RETRIES=1"), "{lines:?}");
    assert_eq!(lines[2], "/usr/bin/uv pip install --python /data/slot/venv/bin/python vllm==0.33.0");
    assert_eq!(lines.last().unwrap(), "/data/slot/venv/bin/vllm --version");
    assert!(!lines.iter().any(|line| line.contains("override ")), "{lines:?}");
}

#[test]
fn without_uv_venv_and_pip_do_it() {
    let lines = lines(&planned(Package::LiteLlm, Build::Cpu, &Machine { uv: None, ..machine() }));
    assert_eq!(lines[0], "/usr/bin/python3.12 -m venv /data/slot/venv");
    assert!(
        lines[1].starts_with("/data/slot/venv/bin/python -m pip install")
            && lines[1].contains("litellm[proxy]==1.106.2")
    );
    assert!(!lines.iter().any(|line| line.contains("uv")), "{lines:?}");
}

#[test]
fn the_cpu_build_brings_uv_for_its_overrides_and_takes_it_away_again() {
    let plan = planned(Package::Vllm, Build::Cpu, &Machine { uv: None, ..machine() });
    let lines = lines(&plan);
    assert_eq!(lines[0], "/usr/bin/python3.12 -m venv /data/slot/tools");
    assert!(lines[1].ends_with(" uv") && lines[2].starts_with("/data/slot/tools/bin/uv venv"), "{lines:?}");
    assert!(lines.iter().any(|line| line == "remove /data/slot/tools"), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("vllm-0.32.0+cpu.dist-info/METADATA")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("--override /data/slot/overrides.txt")), "{lines:?}");
    assert!(plan.disk.0 > Bytes(5_000_000_000) && !lines.iter().any(|line| line.contains("stand-ins")), "{lines:?}");
}

#[test]
fn a_compiler_makes_the_cpu_build_small() {
    let plan = planned(Package::Vllm, Build::Cpu, &Machine { compiler: true, ..machine() });
    assert!(plan.disk.0 < Bytes(3_000_000_000) && plan.notes[0].contains("left out"), "{plan:?}");
    let lines = lines(&plan);
    assert!(lines.iter().any(|line| line.contains("«cuda-stand-ins.sh»")), "{lines:?}");
    let overrides = plan.steps.iter().find_map(|step| match &step.act {
        Act::Write { path, text } if path.ends_with("overrides.txt") => Some(text.clone()),
        _ => None,
    });
    assert!(overrides.unwrap().starts_with("torch==2.13.0\ntriton; python_version < '3'\n"));
}

#[test]
fn stages_come_in_their_order() {
    for (package, build, uv, compiler) in [
        (Package::Vllm, Build::Cuda, true, true),
        (Package::Vllm, Build::Cpu, true, false),
        (Package::Vllm, Build::Cpu, false, true),
        (Package::LiteLlm, Build::Cpu, false, false),
    ] {
        let machine = Machine { uv: machine().uv.filter(|_| uv), compiler, ..machine() };
        let stages: Vec<Stage> = planned(package, build, &machine).steps.iter().map(|step| step.stage).collect();
        assert!(stages.is_sorted(), "{stages:?}");
        assert_eq!((stages[0], *stages.last().unwrap()), (Stage::Environment, Stage::Verify));
    }
}

#[test]
fn every_path_that_is_written_lies_in_the_slot() {
    for (package, build) in [(Package::Vllm, Build::Cuda), (Package::Vllm, Build::Cpu), (Package::LiteLlm, Build::Cpu)]
    {
        for step in planned(package, build, &Machine { compiler: true, uv: None, ..machine() }).steps {
            if let Act::Write { path, .. } | Act::Remove(path) = step.act {
                assert!(path.starts_with("/data/slot"), "{path:?}");
            }
        }
    }
}

#[test]
fn what_cannot_be_done_is_told_before_anything_is_done() {
    let full = Machine { free: Ok(Bytes(1 << 30)), ..machine() };
    let old = Machine { pythons: vec![Python { path: "/p".into(), version: (3, 8) }], ..machine() };
    let bare = Machine { pythons: Vec::new(), ..machine() };
    for (machine, version, says) in [
        (full, None, "are free"),
        (old, None, "there is only 3.8"),
        (bare, None, "no Python with venv"),
        (machine(), Some("0.31.0"), "for 0.32.0 only"),
        (machine(), Some("--index-url=x"), "begins with a digit"),
    ] {
        let recipe = known(Package::Vllm, Build::Cpu).unwrap();
        let problem = plan(&wish(Package::Vllm, version), &recipe, &machine, Path::new("/s")).unwrap_err();
        assert!(problem.to_string().contains(says), "{problem}");
    }
    let unknown = Machine { free: Err(Unknown::because("no statvfs")), ..machine() };
    let recipe = known(Package::Vllm, Build::Cuda).unwrap();
    assert!(plan(&wish(Package::Vllm, Some("0.31.0")), &recipe, &unknown, Path::new("/s")).is_ok());
}

#[test]
fn the_build_follows_the_card() {
    let with = Machine { card: true, ..machine() };
    assert_eq!((with.build(Package::Vllm), with.build(Package::LiteLlm)), (Build::Cuda, Build::Cpu));
    assert_eq!(machine().build(Package::Vllm), Build::Cpu);
    assert!(planned(Package::Vllm, Build::Cpu, &with).notes[0].contains("leaves the card alone"));
}
