//! Where a Redis Cluster keeps a key.

/// Parts of a cluster that are taken for away one by one.
pub(crate) const PARTS: u16 = 16;
const SLOTS: u16 = 16_384;

/// The part of the cluster that a key is in: masters usually have neighbouring slots, so a part is
/// mostly on one of them.
pub(crate) fn part_of(key: &str) -> u16 {
    slot_of(key) / (SLOTS / PARTS)
}

/// The key's slot: what is between the first braces counts, if anything is.
pub(crate) fn slot_of(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, rest)| {
        let (tag, _) = rest.split_once('}')?;
        Some(tag).filter(|tag| !tag.is_empty())
    });
    crc16(tag.unwrap_or(key).as_bytes()) % SLOTS
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc: u16, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::of_the_specification("123456789", 0x31C3)]
    #[case::tag("a{123456789}b", 0x31C3)]
    #[case::first_tag("{123456789}{x}", 0x31C3)]
    #[case::empty("", 0)]
    fn a_key_is_in_the_slot_of_its_tag(#[case] key: &str, #[case] slot: u16) {
        assert_eq!(slot_of(key), slot % SLOTS);
    }

    #[test]
    fn an_empty_tag_is_none() {
        assert_eq!(slot_of("a{}b"), crc16(b"a{}b") % SLOTS);
        assert_ne!(slot_of("a{}b"), slot_of("a{}c"));
    }

    #[test]
    fn every_slot_is_in_a_part() {
        assert_eq!((SLOTS - 1) / (SLOTS / PARTS), PARTS - 1);
    }
}
