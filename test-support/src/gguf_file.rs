//! Writes small GGUF files.

/// A GGUF file in the making.
#[derive(Clone, Default)]
pub struct GgufFile {
    entries: Vec<Vec<u8>>,
    tensors: Vec<Tensor>,
}

#[derive(Clone)]
struct Tensor {
    name: String,
    /// Innermost first, as in the file.
    shape: Vec<u64>,
    kind: u32,
    data: Vec<u8>,
}

const ALIGNMENT: usize = 32;

impl GgufFile {
    /// With an entry of a type's number and its bytes.
    pub fn entry(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.entries
            .push([&string(key.as_bytes())[..], &kind.to_le_bytes(), value].concat());
        self
    }

    /// With a string.
    pub fn string(self, key: &str, value: &str) -> Self {
        self.entry(key, 8, &string(value.as_bytes()))
    }

    /// With a `uint32`.
    pub fn u32(self, key: &str, value: u32) -> Self {
        self.entry(key, 4, &value.to_le_bytes())
    }

    /// With a switch.
    pub fn bool(self, key: &str, value: bool) -> Self {
        self.entry(key, 7, &[u8::from(value)])
    }

    /// With an array of `float32`.
    pub fn floats(self, key: &str, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(key, 6, values.len(), bytes)
    }

    /// With an array of `int32`.
    pub fn integers(self, key: &str, values: &[i32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(key, 5, values.len(), bytes)
    }

    /// With an array of strings.
    pub fn strings<S: AsRef<[u8]>>(self, key: &str, values: &[S]) -> Self {
        let bytes = values.iter().flat_map(|value| string(value.as_ref())).collect();
        self.array(key, 8, values.len(), bytes)
    }

    /// With an array of items of a type's number.
    pub fn array(self, key: &str, kind: u32, count: usize, bytes: Vec<u8>) -> Self {
        let head = [&kind.to_le_bytes()[..], &(count as u64).to_le_bytes()].concat();
        self.entry(key, 9, &[head, bytes].concat())
    }

    /// With a tensor of a type's number; the shape is innermost first.
    pub fn tensor(mut self, name: &str, shape: &[u64], kind: u32, data: &[u8]) -> Self {
        let (name, shape, data) = (name.into(), shape.to_vec(), data.to_vec());
        self.tensors.push(Tensor { name, shape, kind, data });
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_with_offsets(|_, offset| offset)
    }

    /// The file, with offsets that `change` makes of each tensor's index and offset.
    pub fn bytes_with_offsets(&self, change: impl Fn(usize, u64) -> u64) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3u32.to_le_bytes());
        file.extend((self.tensors.len() as u64).to_le_bytes());
        file.extend((self.entries.len() as u64).to_le_bytes());
        file.extend(self.entries.concat());
        let mut data = Vec::new();
        for (index, tensor) in self.tensors.iter().enumerate() {
            file.extend(string(tensor.name.as_bytes()));
            file.extend((tensor.shape.len() as u32).to_le_bytes());
            file.extend(tensor.shape.iter().flat_map(|size| size.to_le_bytes()));
            file.extend(tensor.kind.to_le_bytes());
            file.extend(change(index, data.len() as u64).to_le_bytes());
            data.extend(&tensor.data);
            data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
        }
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        file.extend(data);
        file
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u64).to_le_bytes()[..], bytes].concat()
}
