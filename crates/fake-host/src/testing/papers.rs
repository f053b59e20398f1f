//! State files, written as an engine writes them.

/// The text with its check sum below it: without, it is not believed.
pub fn sealed(text: &str) -> Vec<u8> {
    let sum = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{text}\n{sum:016x}").into_bytes()
}
