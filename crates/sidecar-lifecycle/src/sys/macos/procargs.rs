//! The block that `KERN_PROCARGS2` answers with: the number of arguments, the program's path, NULs
//! up to a word's end, the arguments, the environment; each text ends in NUL.

/// Arguments and environment, each NUL-separated. Nothing when the block is not of that shape.
pub(super) fn split(block: &[u8]) -> Option<(&[u8], &[u8])> {
    let (count, rest) = block.split_first_chunk::<4>()?;
    let count = usize::try_from(i32::from_ne_bytes(*count)).ok()?;
    let path = rest.iter().position(|&b| b == 0)?;
    let padding = rest[path..].iter().position(|&b| b != 0)?;
    let texts = &rest[path + padding..];

    let mut end = 0;
    for _ in 0..count {
        end += texts.get(end..)?.iter().position(|&b| b == 0)? + 1;
    }
    let (arguments, environment) = texts.split_at(end);
    // Past the environment stand the kernel's own notes to the program, after an empty text.
    let last = environment.windows(2).position(|pair| pair == [0, 0]);
    Some((arguments, &environment[..last.unwrap_or(environment.len())]))
}

#[cfg(test)]
mod tests {
    use super::split;

    fn block(count: i32, texts: &[u8]) -> Vec<u8> {
        let mut block = count.to_ne_bytes().to_vec();
        block.extend_from_slice(texts);
        block
    }

    #[test]
    fn arguments_and_environment_are_told_apart() {
        let block = block(
            3,
            b"/bin/sh\0\0\0sh\0\0a b\0A=1\0B=\0\0executable_path=/bin/sh\0",
        );
        let (arguments, environment) = split(&block).expect("well-formed");
        assert_eq!(arguments, b"sh\0\0a b\0");
        assert_eq!(environment, b"A=1\0B=");
    }

    #[test]
    fn a_block_that_was_cut_or_lies_is_refused_or_read_and_never_panics() {
        let whole = block(2, b"/bin/x\0\0x\0y\0A=1\0");
        for end in 0..whole.len() {
            let _ = split(&whole[..end]);
        }
        assert!(split(&block(-1, b"/x\0x\0")).is_none());
        assert!(split(&block(i32::MAX, b"/x\0x\0")).is_none());
        assert!(split(&block(1, b"/x\0\0\0")).is_none());
    }
}
