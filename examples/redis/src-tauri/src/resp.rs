//! As much of Redis' protocol as this app speaks: one command, one reply.
//! See <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// The server is on this computer, and answers at once; a write is answered when it is on the disk,
/// which a busy one may take seconds for. What takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(10);
/// Longer than any reply this app asks for; whoever answers more is not its server.
const LONGEST: usize = 1 << 24;

/// A reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Nil,
    Number(i64),
    Text(String),
    List(Vec<Reply>),
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RespError {
    /// The server cannot be reached, or went away.
    #[error("no answer from Redis on port {port}: {source}")]
    Io { port: u16, source: io::Error },
    /// It understood, and refused.
    #[error("Redis says: {0}")]
    Refused(String),
}

impl RespError {
    /// Whether nobody listens, so that nothing was sent.
    pub(crate) fn is_nobody_there(&self) -> bool {
        matches!(self, RespError::Io { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused)
    }
}

/// Sends one command over a connection of its own.
pub(crate) fn ask(port: u16, command: &[&str]) -> Result<Reply, RespError> {
    let io = |source| RespError::Io { port, source };
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(io)?;
    stream.set_read_timeout(Some(LIMIT)).map_err(io)?;
    stream.set_write_timeout(Some(LIMIT)).map_err(io)?;
    stream.write_all(&encoded(command)).map_err(io)?;
    read(&mut BufReader::new(stream))
        .map_err(io)?
        .map_err(RespError::Refused)
}

/// Length before content: nothing in an argument can be taken for a command.
fn encoded(command: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
    for word in command {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

/// The outer error is the connection's, the inner one the server's.
fn read(from: &mut impl BufRead) -> io::Result<Result<Reply, String>> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let Some(line) = line.strip_suffix("\r\n") else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let (kind, rest) = line.split_at_checked(1).unwrap_or(("", ""));
    match kind {
        "+" => Ok(Ok(Reply::Text(rest.to_owned()))),
        "-" => Ok(Err(rest.to_owned())),
        ":" => Ok(Ok(Reply::Number(rest.parse().map_err(|_| strange(line))?))),
        "$" | "*" if rest == "-1" => Ok(Ok(Reply::Nil)),
        "$" => {
            let mut bytes = vec![0; length(rest, line)? + 2];
            from.read_exact(&mut bytes)?;
            bytes.truncate(bytes.len() - 2);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Ok(Ok(Reply::Text(text)))
        }
        "*" => (0..length(rest, line)?)
            .map(|_| read(from))
            .collect::<io::Result<Result<_, _>>>()
            .map(|all| all.map(Reply::List)),
        _ => Err(strange(line)),
    }
}

fn length(digits: &str, line: &str) -> io::Result<usize> {
    let length = digits.parse().ok().filter(|length| *length <= LONGEST);
    length.ok_or_else(|| strange(line))
}

fn strange(line: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{line:?} is no reply of Redis"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replied(bytes: &[u8]) -> io::Result<Result<Reply, String>> {
        read(&mut &bytes[..])
    }

    #[test]
    fn what_is_written_into_a_note_stays_within_it() {
        let note = "two\r\nlines, $5 and ü";
        let expected = "*2\r\n$4\r\nECHO\r\n$21\r\ntwo\r\nlines, $5 and ü\r\n";
        assert_eq!(encoded(&["ECHO", note]), expected.as_bytes());
    }

    #[test]
    fn replies_of_every_kind_are_read() {
        let text = |text: &str| Reply::Text(text.to_owned());
        assert_eq!(replied(b"+PONG\r\n").unwrap(), Ok(text("PONG")));
        assert_eq!(replied(b":-3\r\n").unwrap(), Ok(Reply::Number(-3)));
        assert_eq!(replied(b"$4\r\na\r\nb\r\n").unwrap(), Ok(text("a\r\nb")));
        assert_eq!(replied(b"$-1\r\n").unwrap(), Ok(Reply::Nil));
        assert_eq!(
            replied(b"*2\r\n$1\r\n7\r\n*1\r\n:8\r\n").unwrap(),
            Ok(Reply::List(vec![
                text("7"),
                Reply::List(vec![Reply::Number(8)])
            ]))
        );
        assert_eq!(
            replied(b"-LOADING it is not there yet\r\n").unwrap(),
            Err("LOADING it is not there yet".to_owned())
        );
    }

    #[test]
    fn a_server_that_dies_or_talks_nonsense_is_an_error() {
        let nonsense: [&[u8]; 6] = [
            b"",
            b"+PO",
            b"$9\r\nhalf",
            b"hello\r\n",
            b"$99999999999\r\n",
            b"*2\r\n:1\r\n",
        ];
        for bytes in nonsense {
            assert!(replied(bytes).is_err(), "{bytes:?}");
        }
    }
}
