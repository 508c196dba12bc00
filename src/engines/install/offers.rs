//! How a system offers llama.cpp and Ollama: the commands, told by its package managers.

use super::Package;
use serde::Serialize;

/// A way to get a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// By what.
    pub by: String,
    /// The command.
    pub argv: Vec<String>,
    /// Whether it needs root: then it is shown, never run.
    pub root: bool,
    /// What the person should know.
    pub note: Option<String>,
}

/// A package manager: its program, what it calls each package, how it installs, and how it is asked whether it has one.
struct Manager {
    program: &'static str,
    llama: Option<&'static str>,
    ollama: Option<&'static str>,
    install: &'static [&'static str],
    root: bool,
    asks: Option<&'static [&'static str]>,
}

const MANAGERS: &[Manager] = &[
    Manager {
        program: "brew",
        llama: Some("llama.cpp"),
        ollama: Some("ollama"),
        install: &["brew", "install"],
        root: false,
        asks: None,
    },
    Manager {
        program: "nix",
        llama: Some("nixpkgs#llama-cpp"),
        ollama: Some("nixpkgs#ollama"),
        install: &["nix", "profile", "install"],
        root: false,
        asks: None,
    },
    Manager {
        program: "apt-get",
        llama: Some("llama.cpp"),
        ollama: Some("ollama"),
        install: &["apt-get", "install"],
        root: true,
        asks: Some(&["apt-cache", "show", "--no-all-versions"]),
    },
    Manager {
        program: "dnf",
        llama: Some("llama-cpp"),
        ollama: Some("ollama"),
        install: &["dnf", "install"],
        root: true,
        asks: Some(&["dnf", "-q", "-C", "info"]),
    },
    Manager {
        program: "pacman",
        llama: Some("llama.cpp"),
        ollama: Some("ollama"),
        install: &["pacman", "-S"],
        root: true,
        asks: Some(&["pacman", "-Si"]),
    },
    Manager {
        program: "zypper",
        llama: Some("llamacpp"),
        ollama: Some("ollama"),
        install: &["zypper", "install"],
        root: true,
        asks: Some(&["zypper", "-n", "--no-refresh", "info", "--exact-match"]),
    },
];

/// What the system offers for a package. `has` tells whether a program is there, `answers` whether a command succeeds (the
/// question to a package manager, which names the package last).
pub fn offers(package: Package, has: impl Fn(&str) -> bool, answers: impl Fn(&[String]) -> bool) -> Vec<Offer> {
    let mut out = Vec::new();
    for manager in MANAGERS.iter().filter(|manager| has(manager.program)) {
        let name = match package {
            Package::LlamaCpp => manager.llama,
            Package::Ollama => manager.ollama,
            _ => None,
        };
        let Some(name) = name else { continue };
        let words = |head: &[&str]| head.iter().chain([&name]).map(|word| (*word).to_owned()).collect::<Vec<_>>();
        if manager.asks.is_some_and(|asks| !answers(&words(asks))) {
            continue;
        }
        let lead: &[&str] = if manager.root { &["sudo"] } else { &[] };
        let argv = words(&[lead, manager.install].concat());
        let note = (package == Package::LlamaCpp && manager.program != "nix").then(|| {
            "packages are usually built for the processor or Vulkan; for CUDA take a release or build it".to_owned()
        });
        out.push(Offer { by: manager.program.to_owned(), argv, root: manager.root, note });
    }
    out
}

/// What to do by hand where the system offers nothing.
pub fn by_hand(package: Package) -> &'static [&'static str] {
    match package {
        Package::LlamaCpp => &[
            "download a release of llama.cpp for your system (github.com/ggml-org/llama.cpp/releases) and unpack it,",
            "or build it: git clone the repository, cmake -B build -DGGML_CUDA=ON, cmake --build build --target llama-server;",
            "then name the program in config.toml, engines.\"llama.cpp\".program",
        ],
        Package::Ollama => &[
            "ollama.com/download has the archive and the script (the script needs root);",
            "without root: unpack the archive into a folder of yours and name its bin/ollama in config.toml, engines.ollama.program",
        ],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_follows_the_managers() {
        let offered = |package, there: &[&str], yes: bool| {
            let has = |name: &str| there.contains(&name);
            offers(package, has, |_| yes).iter().map(|offer| (offer.argv.join(" "), offer.root)).collect::<Vec<_>>()
        };
        assert_eq!(
            offered(Package::LlamaCpp, &["apt-get"], true),
            [("sudo apt-get install llama.cpp".to_owned(), true)]
        );
        assert_eq!(offered(Package::LlamaCpp, &["apt-get"], false), [], "the manager is there and has no such package");
        let both = [("brew install ollama".to_owned(), false), ("sudo pacman -S ollama".to_owned(), true)];
        assert_eq!(offered(Package::Ollama, &["pacman", "brew"], true), both);
        assert_eq!(offered(Package::Vllm, &["brew"], true), []);
        assert!(!by_hand(Package::Ollama).is_empty() && by_hand(Package::Vllm).is_empty());
    }

    #[test]
    fn managers_are_asked_for_the_package_by_its_name() {
        let asked = std::cell::RefCell::new(Vec::new());
        offers(
            Package::LlamaCpp,
            |name| name == "dnf",
            |argv| {
                asked.borrow_mut().push(argv.join(" "));
                true
            },
        );
        assert_eq!(asked.into_inner(), ["dnf -q -C info llama-cpp"]);
    }
}
