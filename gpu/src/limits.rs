//! What a device allows, and how many workgroups that makes of some work.

/// The limits of a device that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `maxStorageBufferBindingSize`, in bytes.
    pub binding_bytes: u64,
    /// `maxBufferSize`, in bytes.
    pub buffer_bytes: u64,
    /// `maxComputeWorkgroupsPerDimension`.
    pub workgroups: u32,
}

impl Limits {
    /// What every device of WebGPU has.
    pub const DEFAULT: Limits =
        Limits { binding_bytes: 128 << 20, buffer_bytes: 256 << 20, workgroups: 65_535 };

    /// The most bytes of a buffer that is bound as a whole.
    pub fn bound_bytes(&self) -> u64 {
        self.binding_bytes.min(self.buffer_bytes)
    }
}

/// Workgroups of a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// In x.
    pub x: u32,
    /// In y: more than one where x alone is not enough. Shaders number workgroups by
    /// x + y · (workgroups in x), and those beyond the last one have nothing to do.
    pub y: u32,
    /// In z.
    pub z: u32,
}

impl Grid {
    /// `count` workgroups, `layers` times.
    ///
    /// # Panics
    /// If they are more than any device could start.
    pub(crate) fn of(count: usize, layers: usize, limits: &Limits) -> Grid {
        let most = limits.workgroups as usize;
        let y = count.div_ceil(most).max(1);
        // Even rows, so that few of them have nothing to do.
        let x = count.div_ceil(y).max(1);
        assert!(y <= most && layers <= most, "{count} x {layers} workgroups");
        Grid { x: x as u32, y: y as u32, z: layers.max(1) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_workgroups_than_a_dimension_has_go_into_two() {
        let of = |count| Grid::of(count, 3, &Limits::DEFAULT);
        assert_eq!(of(65_535), Grid { x: 65_535, y: 1, z: 3 });
        assert_eq!(of(65_536), Grid { x: 32_768, y: 2, z: 3 });
        for count in [1, 2, 131_071, 200_000, 262_144] {
            let Grid { x, y, .. } = of(count);
            assert!(x <= 65_535 && u64::from(x) * u64::from(y) >= count as u64);
            assert!(u64::from(x) * u64::from(y) - (count as u64) < u64::from(y));
        }
    }
}
