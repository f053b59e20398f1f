//! Taking the debugger's flags out of `NODE_OPTIONS`.

/// `--inspect` and its kin: a second process that inherits them fights for the same debug port.
/// These two may take their value as the next word.
const WITH_VALUE: [&str; 2] = ["--inspect-port", "--inspect-publish-uid"];

/// The options without the debugger's, or `None` if there are none of those. What stays is kept
/// byte for byte, quotes included.
pub(super) fn without_inspect(options: &str) -> Option<String> {
    let words = words(options);
    let mut kept: Vec<&str> = Vec::new();
    let mut skip_value = false;
    for word in &words {
        let bare = word.trim_matches('"');
        if skip_value && !bare.starts_with('-') {
            skip_value = false;
            continue;
        }
        skip_value = WITH_VALUE.contains(&bare);
        let name = bare.split('=').next().unwrap_or(bare);
        if name != "--inspect" && !name.starts_with("--inspect-") {
            kept.push(word);
        }
    }
    (kept.len() < words.len()).then(|| kept.join(" "))
}

/// Words as Node cuts them: at spaces, but not inside double quotes, where `\` escapes.
fn words(options: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quoted, mut escaped) = (None, false, false);
    for (at, char) in options.char_indices() {
        match char {
            ' ' if !quoted => {
                if let Some(start) = start.take() {
                    words.push(&options[start..at]);
                }
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && char == '\\' && !escaped;
        start.get_or_insert(at);
    }
    words.extend(start.map(|start| &options[start..]));
    words
}

#[cfg(test)]
mod tests {
    use super::without_inspect;

    #[test]
    fn only_the_debugger_s_flags_go() {
        let table = [
            ("--inspect", Some("")),
            ("--inspect=9229", Some("")),
            (
                "--inspect-brk=0.0.0.0:9229 --max-old-space-size=4096",
                Some("--max-old-space-size=4096"),
            ),
            (
                "--enable-source-maps  --inspect-wait",
                Some("--enable-source-maps"),
            ),
            ("--inspect-port 9230 --no-warnings", Some("--no-warnings")),
            ("--inspect-port --no-warnings", Some("--no-warnings")),
            ("--inspect-publish-uid=http,stderr", Some("")),
            (
                r#"--require="./a \" b --inspect.js" "--inspect""#,
                Some(r#"--require="./a \" b --inspect.js""#),
            ),
            ("--max-old-space-size=4096", None),
            ("--inspector-like --trace-inspect", None),
            ("", None),
            (r#"--require "unclosed --inspect"#, None),
        ];
        for (options, expected) in table {
            assert_eq!(without_inspect(options).as_deref(), expected, "{options}");
        }
    }
}
