//! A model's weights as numbers, whatever format and device they are on: for whoever
//! computes with them once more.
//!
//! H hidden width, V vocabulary.

use kernels::PackedMatrix;
use model_files::config::Config;
use model_files::weights::{
    EmbeddingProjections, LayerInputs, LayerWeights, Matrix, NormWeights, StoredMatrix,
};

use crate::error::Result;

/// A matrix whose numbers can be read.
pub trait MatrixNumbers {
    /// The number of rows and columns.
    fn shape(&self) -> (usize, usize);

    /// Writes rows from `first` on into `out`, which has a length of whole rows.
    ///
    /// # Errors
    /// If the numbers cannot be brought from their device.
    ///
    /// # Panics
    /// If there are no such rows.
    fn read(&self, first: usize, out: &mut [f32]) -> Result<()>;
}

/// The weights of a model that is loaded.
pub trait ModelWeights {
    /// The shape and constants of the model.
    fn config(&self) -> &Config;

    /// What the model computes with, for people.
    fn computed_by(&self) -> String;

    /// The token embedding, [V, H], or of another width with projections.
    fn embedding(&self) -> &dyn MatrixNumbers;

    /// What lies between embeddings and output head of another width and the blocks; `None`
    /// if both are as wide as those.
    fn projections(&self) -> Option<&EmbeddingProjections> {
        None
    }

    /// The inputs of all layers for each token, [tokens, L · P]; `None` if layers have none.
    fn layer_embedding(&self) -> Option<&dyn MatrixNumbers> {
        None
    }

    /// What else several residual streams and inputs of layers are made of; `None` if the
    /// model has none.
    ///
    /// # Errors
    /// If the numbers cannot be brought from their device.
    fn layer_inputs(&self) -> Result<Option<LayerInputs<&dyn MatrixNumbers>>> {
        Ok(None)
    }

    /// The learned embeddings of the first `count` positions, [count, H]; `None` if the
    /// model has none.
    ///
    /// # Errors
    /// If the numbers cannot be brought from their device.
    fn positions(&self, count: usize) -> Result<Option<Vec<f32>>>;

    /// The norm of the embeddings; `None` if the model has none.
    ///
    /// # Errors
    /// If the numbers cannot be brought from their device.
    fn embedding_norm(&self) -> Result<Option<NormWeights>>;

    /// The weights of a block, by its index.
    ///
    /// # Errors
    /// If the numbers cannot be brought from their device.
    fn layer(&self, index: usize) -> Result<LayerWeights<&dyn MatrixNumbers>>;

    /// The norm before the output head.
    ///
    /// # Errors
    /// If the numbers cannot be brought from their device.
    fn norm(&self) -> Result<NormWeights>;

    /// The output head, as wide as the embedding.
    fn head(&self) -> &dyn MatrixNumbers;

    /// The bias of the output head, `[V]`.
    ///
    /// # Errors
    /// If the numbers cannot be brought from their device.
    fn head_bias(&self) -> Result<Option<Vec<f32>>>;
}

impl MatrixNumbers for PackedMatrix {
    fn shape(&self) -> (usize, usize) {
        (self.rows(), self.columns())
    }

    fn read(&self, first: usize, out: &mut [f32]) -> Result<()> {
        for (row, out) in (first..).zip(out.chunks_exact_mut(self.columns())) {
            self.row(row, out);
        }
        Ok(())
    }
}

impl MatrixNumbers for StoredMatrix {
    fn shape(&self) -> (usize, usize) {
        (self.rows(), self.columns())
    }

    fn read(&self, first: usize, out: &mut [f32]) -> Result<()> {
        Ok(self.read_rows(first, out)?)
    }
}

impl MatrixNumbers for Matrix {
    fn shape(&self) -> (usize, usize) {
        (self.row_count(), self.columns())
    }

    fn read(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let rows = self.row_range(first, out.len() / self.columns())?;
        out.copy_from_slice(&rows.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}
