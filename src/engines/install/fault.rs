//! Why an install step failed, out of what the tool said.

use super::Stage;

/// A cause and what to do about it.
struct Cause {
    /// Words of the tool, in lower case; any of them names the cause.
    says: &'static [&'static str],
    why: &'static str,
    hint: &'static str,
}

/// The first that fits counts, so causes that drag others behind them come first.
const CAUSES: &[Cause] = &[
    Cause {
        says: &["no space left", "errno 28", "disk quota exceeded", "os error 28"],
        why: "the disk is full",
        hint: "free some space, or set VRAMDECK_HOME to a folder on another disk; what was fetched is kept for the next try",
    },
    Cause {
        says: &["certificate verify failed", "invalid peer certificate", "ssl: ", "unknownissuer"],
        why: "the server's certificate is not trusted here",
        hint: "a proxy may stand between: name its certificate in SSL_CERT_FILE (and PIP_CERT), then try again",
    },
    Cause {
        says: &["407 proxy", "proxy authentication"],
        why: "a proxy asks who you are",
        hint: "put name and password into HTTPS_PROXY, then try again",
    },
    Cause {
        says: &[
            "dns error",
            "name resolution",
            "name or service not known",
            "getaddrinfo",
            "connection refused",
            "network is unreachable",
            "no route to host",
            "connect timeout",
            "connecttimeout",
            "timed out",
            "error sending request",
            "failed to fetch",
            "connection reset",
            "could not fetch",
            "max retries exceeded",
            "connectionerror",
            "newconnectionerror",
            "failed to establish a new connection",
        ],
        why: "the package index cannot be reached",
        hint: "check the network (and HTTPS_PROXY, or the index your pip or uv is set to), then try again; what was fetched is kept",
    },
    Cause {
        says: &["no matching distribution", "no solution found", "resolutionimpossible", "could not find a version"],
        why: "the index has no set of packages that go together",
        hint: "try the version vramdeck knows (leave --version out), or another Python",
    },
    Cause {
        says: &["ensurepip is not available", "no module named venv", "no module named ensurepip"],
        why: "this Python cannot make environments",
        hint: "install python3-venv of your distribution, or uv",
    },
    Cause {
        says: &["permission denied", "errno 13", "os error 13"],
        why: "a file or folder may not be written",
        hint: "check who owns vramdeck's data folder (ls -l)",
    },
    Cause {
        says: &["read-only file system", "os error 30"],
        why: "the disk is mounted read-only",
        hint: "set VRAMDECK_HOME to a folder on another disk",
    },
    Cause {
        says: &[
            "gcc: error",
            "fatal error:",
            "ld returned",
            "command 'gcc' failed",
            "failed to build",
            "build backend",
        ],
        why: "something had to be compiled and could not be",
        hint: "install a C compiler and Python's headers, or take a version that has ready-made packages",
    },
    Cause {
        says: &["killed", "cannot allocate memory", "memoryerror"],
        why: "memory ran out",
        hint: "close something large and try again",
    },
    Cause {
        says: &[
            "importerror",
            "modulenotfounderror",
            "packagenotfounderror",
            "undefined symbol",
            "cannot open shared object",
        ],
        why: "the installed program cannot load its parts",
        hint: "vramdeck engines repair makes the environment anew; where it stays so, try another version",
    },
];

/// Why a step failed and what to try. `how` is how the process ended, in words; it is the answer where nothing is known.
pub fn cause(stage: Stage, tail: &[String], how: &str) -> (String, String) {
    let said = tail.join("\n").to_lowercase();
    let found = CAUSES.iter().find(|cause| cause.says.iter().any(|words| said.contains(words)));
    match found {
        Some(cause) => (cause.why.to_owned(), cause.hint.to_owned()),
        None => (format!("{how} while {}", stage.words()), "the lines above are the tool's own; try again".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_say_is_understood() {
        for (said, why) in [
            ("error: Failed to fetch: `http://x/simple/vllm/`\n  Caused by: dns error", "cannot be reached"),
            (
                "WARNING: Retrying (...) after connection broken by 'NewConnectionError(': Errno 111 Connection refused",
                "cannot be reached",
            ),
            ("ERROR: Could not find a version that satisfies the requirement vllm==9", "go together"),
            ("  × No solution found when resolving dependencies:", "go together"),
            ("error: failed to write: No space left on device (os error 28)\nerror: Failed to fetch", "disk is full"),
            (
                "The virtual environment was not created successfully because ensurepip is not available.",
                "make environments",
            ),
            ("ModuleNotFoundError: No module named 'x'", "load its parts"),
        ] {
            let (seen, hint) =
                cause(Stage::Packages, &said.lines().map(str::to_owned).collect::<Vec<_>>(), "it ended with 1");
            assert!(seen.contains(why) && !hint.is_empty(), "{said}: {seen}");
        }
        let (why, _) = cause(Stage::Compile, &["odd".to_owned()], "it ended with 3");
        assert_eq!(why, "it ended with 3 while compiling to byte code");
    }
}
