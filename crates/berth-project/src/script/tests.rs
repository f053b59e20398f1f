//! Scripts as they are found in the wild.

use super::*;
use ScriptPort::{Fixed, Open, Unknown, Variable};

fn reading(script: &str) -> (Option<&'static str>, ScriptPort) {
    reading_by(script, Rules::Posix)
}

fn reading_by(script: &str, rules: Rules) -> (Option<&'static str>, ScriptPort) {
    let scripts = [
        ("dev:web", "vite"),
        ("dev:fixed", "next dev -p 4000"),
        ("loop", "npm run loop"),
        ("start", "next dev"),
    ];
    let scripts = scripts
        .map(|(name, script)| (name.to_owned(), script.to_owned()))
        .into();
    let Reading { framework, port } = read(script, rules, &scripts);
    (framework.map(|framework| framework.id), port)
}

#[test]
fn one_server() {
    for (script, id, port) in [
        ("vite", "vite", Open),
        ("vite dev", "vite", Open),
        ("vite serve --host", "vite", Open),
        ("vite ./app --open", "vite", Open),
        ("vite --port 3000", "vite", Fixed(3000)),
        ("vite --port=3000 --strictPort", "vite", Fixed(3000)),
        ("vite --port $PORT", "vite", Variable),
        ("vite --port ${MY_PORT:-5000}", "vite", Variable),
        ("vite --port $(get-port)", "vite", Unknown),
        ("PORT=3000 vite", "vite", Open),
        ("next", "next", Open),
        ("next dev --turbopack", "next", Open),
        ("next dev -p 3001", "next", Fixed(3001)),
        ("next dev -p3001", "next", Fixed(3001)),
        ("next dev -p ${PORT:-3000}", "next", Variable),
        ("PORT=3005 next dev", "next", Fixed(3005)),
        ("astro dev", "astro", Open),
        ("astro dev --port 8080 --host", "astro", Fixed(8080)),
        ("vite --", "vite", Unknown),
    ] {
        assert_eq!(reading(script), (Some(id), port), "{script}");
    }
}

#[test]
fn behind_wrappers() {
    for script in [
        "FOO=1 BAR='a b' vite",
        "cross-env NODE_ENV=development vite",
        "cross-env-shell A=1 vite",
        "env A=1 vite",
        "npx vite",
        "npx --yes vite@latest",
        "npx -p vite vite",
        "pnpm exec vite",
        "pnpm vite",
        "pnpm dlx vite",
        "yarn vite",
        "bunx --bun vite",
        "bun --bun run vite",
        "npm exec -- vite",
        "dotenv -e .env.local -- vite",
        "dotenvx run -- cross-env A=1 vite",
        "env-cmd -f .env.dev vite",
        "node --inspect node_modules/.bin/vite",
        "node --max-old-space-size=4096 ./node_modules/vite/bin/vite.js",
        "./node_modules/.bin/vite",
        "exec vite",
        "pnpm run dev:web",
        "yarn dev:web",
    ] {
        assert_eq!(reading(script), (Some("vite"), Open), "{script}");
    }
    assert_eq!(
        reading("cross-env PORT=4000 next dev"),
        (Some("next"), Fixed(4000))
    );
    assert_eq!(
        reading("cross-env PORT=$PORT npx next dev"),
        (Some("next"), Variable)
    );
    assert_eq!(reading("npm run dev:fixed"), (Some("next"), Fixed(4000)));
}

#[test]
fn where_a_flag_would_not_arrive() {
    for (script, id, port) in [
        ("npm run codegen && vite", Some("vite"), Unknown),
        ("prisma generate && next dev", Some("next"), Variable),
        ("next dev & stripe listen", Some("next"), Variable),
        ("vite | pino-pretty", Some("vite"), Unknown),
        ("next dev > dev.log", Some("next"), Variable),
        (
            "rm -rf dist; astro dev --port 4000",
            Some("astro"),
            Fixed(4000),
        ),
        (
            "concurrently \"vite\" \"node api.js\"",
            Some("vite"),
            Unknown,
        ),
        (
            "concurrently -k 'npm:watch' 'next dev -p 3002'",
            Some("next"),
            Fixed(3002),
        ),
        ("npm run dev:web", Some("vite"), Unknown),
        ("npm start", Some("next"), Variable),
        ("turbo dev", None, Variable),
        ("turbo run dev --parallel", None, Variable),
        ("nx serve web", None, Variable),
        ("run-p dev:*", None, Variable),
        ("pnpm -r dev", None, Variable),
        ("pnpm --filter web dev", None, Variable),
        ("npm -w web run dev", None, Variable),
    ] {
        assert_eq!(reading(script), (id, port), "{script}");
    }
}

#[test]
fn what_is_no_development_server_of_a_framework() {
    for script in [
        "vite build --watch",
        "vite preview",
        "next start",
        "astro check",
        "astro",
        "vite --version",
        "vitest",
        "next-video sync",
        "node server.js",
        "tsx watch src/vite.ts",
        "npm run loop",
        "yarn",
        "dotenv",
        "npx",
        "",
    ] {
        assert_eq!(reading(script), (None, Variable), "{script}");
    }
    assert_eq!(reading("http-server --port 8080"), (None, Fixed(8080)));
    assert_eq!(reading("PORT=4000 node server.js"), (None, Fixed(4000)));
    assert_eq!(reading("remix dev --port $PORT"), (None, Variable));
}

#[test]
fn as_windows_reads_them() {
    for (script, id, port) in [
        (r".\node_modules\.bin\vite", "vite", Open),
        (r#""C:\a b\vite.cmd" --port 3000"#, "vite", Fixed(3000)),
        ("set NODE_ENV=development&& vite", "vite", Unknown),
        ("set A=1&& next dev", "next", Variable),
        ("next dev -p %PORT%", "next", Variable),
        (r#"concurrently "vite" "node api.js""#, "vite", Unknown),
        ("npm run dev:fixed", "next", Fixed(4000)),
    ] {
        assert_eq!(reading_by(script, Rules::Cmd), (Some(id), port), "{script}");
    }
}
