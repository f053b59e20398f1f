use super::*;

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn program_line(args: &[&str]) -> String {
    let args: Vec<Vec<u16>> = args.iter().map(|a| wide(a)).collect();
    String::from_utf16(&for_program(&wide(r"C:\a b\x.exe"), &args).unwrap()).unwrap()
}

/// The part of a batch line behind the script.
fn batch_args(args: &[&str]) -> String {
    let args: Vec<Vec<u16>> = args.iter().map(|a| wide(a)).collect();
    let line = for_batch(&wide(r"C:\w\cmd.exe"), &wide(r"C:\a b\x.cmd"), &args).unwrap();
    let line = String::from_utf16(&line).unwrap();
    let start = r#""C:\w\cmd.exe" /d /s /e:on /v:off /c ""C:\a b\x.cmd""#;
    line.strip_prefix(start)
        .unwrap()
        .strip_suffix('"')
        .unwrap()
        .to_owned()
}

/// The C runtime's rules for the arguments behind the program, written down independently:
/// 2n backslashes and a quotation mark are n backslashes and the mark's work; one more backslash
/// makes the mark a character; two marks within quotes are one character.
fn taken_apart(line: &str) -> Vec<String> {
    let mut chars = line.chars().peekable();
    let mut quotes = 0;
    while quotes < 2 {
        quotes += i32::from(chars.next().unwrap() == '"');
    }
    let (mut args, mut arg, mut quoted) = (Vec::new(), None::<String>, false);
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' if !quoted => args.extend(arg.take()),
            '\\' => {
                let mut n = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    n += 1;
                }
                let text = arg.get_or_insert_default();
                if chars.peek() == Some(&'"') {
                    text.extend(std::iter::repeat_n('\\', n / 2));
                    if n % 2 == 1 {
                        chars.next();
                        text.push('"');
                    }
                } else {
                    text.extend(std::iter::repeat_n('\\', n));
                }
            }
            '"' => {
                let text = arg.get_or_insert_default();
                if quoted && chars.next_if_eq(&'"').is_some() {
                    text.push('"');
                } else {
                    quoted = !quoted;
                }
            }
            c => arg.get_or_insert_default().push(c),
        }
    }
    args.extend(arg);
    args
}

#[test]
fn plain_words_stay_plain() {
    assert_eq!(
        program_line(&["dev", "--port=5173"]),
        r#""C:\a b\x.exe" dev --port=5173"#
    );
    assert_eq!(
        batch_args(&["dev", "--port", "5173", "./src"]),
        " dev --port 5173 ./src"
    );
}

#[test]
fn every_argument_arrives_as_it_was() {
    let nasty = [
        "",
        " ",
        "a b",
        "\t",
        "\"",
        "\"\"",
        "\\",
        "a\\",
        "a b\\",
        "a b\\\\",
        "\\\"",
        "a\\\\\"b c",
        "ends in a quote\"",
        "--x=\"y z\"",
        "ünï 字 🚢",
        "a&b|c>d",
        "\\\\server\\share\\",
    ];
    assert_eq!(taken_apart(&program_line(&nasty)), nasty);
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..20_000 {
        let args: Vec<String> = (0..rng.usize(1..4))
            .map(|_| {
                (0..rng.usize(0..8))
                    .map(|_| rng.choice(['\\', '"', ' ', 'a', '&']).unwrap())
                    .collect()
            })
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(taken_apart(&program_line(&args)), args);
        // What a batch file passes on with %* obeys the same rules.
        let line = format!("\"x\"{}", batch_args(&args));
        assert_eq!(taken_apart(&line), args);
    }
}

/// `cmd.exe` toggles at each quotation mark, whatever stands before it. An operator that it
/// sees outside of a pair would begin a command.
#[test]
fn no_argument_of_a_batch_file_becomes_a_command() {
    let operators = [
        '&', '|', '<', '>', '^', '(', ')', '%', '"', ' ', '\\', '!', ';', ',', '=',
    ];
    let mut rng = fastrand::Rng::with_seed(8);
    for _ in 0..20_000 {
        let arg: String = (0..rng.usize(0..10))
            .map(|_| rng.choice(operators).unwrap())
            .collect();
        let mut quoted = false;
        for c in batch_args(&[&arg]).chars().skip(1) {
            match c {
                '"' => quoted = !quoted,
                '&' | '|' | '<' | '>' | '^' | '(' | ')' | ' ' | ';' | ',' | '=' => {
                    assert!(quoted, "{arg:?} escapes at {c:?}");
                }
                _ => {}
            }
        }
        assert!(!quoted, "{arg:?} leaves a quotation mark open");
    }
}

/// `"%PATH%"` as an argument must arrive as such.
#[test]
fn variables_are_not_expanded_in_arguments_of_a_batch_file() {
    assert_eq!(batch_args(&["%PATH%"]), r#" "%%cd:~,%PATH%%cd:~,%""#);
    // What cmd.exe makes of it: an empty part of a variable at each place.
    let seen = batch_args(&["100%", "%a%b%"]).replace("%cd:~,%", "");
    assert_eq!(seen, r#" "100%" "%a%b%""#);
}

#[test]
fn a_batch_file_is_known_by_its_name_however_it_is_written() {
    for name in [
        "x.cmd",
        "X.CMD",
        "c:\\a\\y.Bat",
        "x.bat.",
        "x.cmd . ",
        ".cmd",
    ] {
        assert!(is_batch(&wide(name)), "{name:?}");
    }
    for name in [
        "",
        "cmd",
        "x.exe",
        "x.cmd.exe",
        "xcmd",
        "x.cmd\\y",
        "字.ċmd",
        "...",
    ] {
        assert!(!is_batch(&wide(name)), "{name:?}");
    }
}

/// With the C runtime's quotes, `"C:\a b\x.exe" && y` reached `cmd.exe` as `\"C:\a b\x.exe\" && y`.
#[test]
fn a_line_for_cmd_reaches_it_as_it_was_typed() {
    let typed = r#""C:\a b\x.exe" --x "y\" && echo %PATH% > "z""#;
    let of = |program: &str, args: &[&str]| {
        let args: Vec<Vec<u16>> = args.iter().map(|a| wide(a)).collect();
        for_program(&wide(program), &args).map(|line| String::from_utf16(&line).unwrap())
    };
    for program in [r"C:\w\cmd.exe", "cmd", "CMD.EXE", "a/cmd.exe"] {
        let line = of(program, &["/d", "/S", "/c", typed]).unwrap();
        assert_eq!(line, format!("\"{program}\" /d /s /c \"{typed}\""));
    }
    // Whoever asks otherwise has words and no line.
    for (program, args) in [
        (r"C:\w\mycmd.exe", &["/d", "/s", "/c", typed][..]),
        ("cmd", &["/d", "/c", typed]),
        ("cmd", &["/d", "/s", "/c", typed, "more"]),
        ("cmd", &["/s", "/d", "/c", typed]),
    ] {
        let line = of(program, args).unwrap();
        assert_eq!(taken_apart(&line), args, "{program}");
    }
    let switches = ["/d", "/s", "/c"];
    for (line, why) in [
        ("a\0", CommandLineError::Nul),
        ("a\nb", CommandLineError::LineBreakInLine),
    ] {
        let args: Vec<&str> = switches.into_iter().chain([line]).collect();
        assert_eq!(of("cmd", &args), Err(why));
    }
    let long = "a".repeat(9_000);
    let args: Vec<&str> = switches.into_iter().chain([long.as_str()]).collect();
    assert!(matches!(
        of("cmd", &args),
        Err(CommandLineError::TooLong { limit: 8_190, .. })
    ));
}

#[test]
fn what_cannot_be_said_is_refused() {
    let shell = wide("cmd.exe");
    let script = wide("x.cmd");
    assert_eq!(
        for_program(&script, &[wide("a\0b")]),
        Err(CommandLineError::Nul)
    );
    assert_eq!(
        for_program(&wide("a\"b"), &[]),
        Err(CommandLineError::QuoteInProgram)
    );
    assert_eq!(
        for_batch(&shell, &script, &[wide("a\0b")]),
        Err(CommandLineError::Nul)
    );
    assert_eq!(
        for_batch(&shell, &script, &[wide("a\nb")]),
        Err(CommandLineError::LineBreak)
    );
    assert_eq!(
        for_batch(&shell, &script, &[wide("\r")]),
        Err(CommandLineError::LineBreak)
    );
    assert_eq!(
        for_batch(&shell, &wide("a\"b.cmd"), &[]),
        Err(CommandLineError::QuoteInProgram)
    );
    let long = wide(&"a".repeat(9_000));
    assert!(for_program(&script, std::slice::from_ref(&long)).is_ok());
    let refused = for_batch(&shell, &script, &[long]);
    assert!(matches!(
        refused,
        Err(CommandLineError::TooLong { limit: 8_190, .. })
    ));
    let refused = for_program(&script, &[wide(&"a".repeat(40_000))]);
    assert!(matches!(
        refused,
        Err(CommandLineError::TooLong { limit: 32_766, .. })
    ));
}
