namespace Mlorq;

/// <summary>What the local measure of a layer's weight error E = W − Ŵ knows, for scale search, low-rank factors and rounding.</summary>
public enum ErrorWeighting
{
    /// <summary>Nothing: ‖E‖².</summary>
    Plain,

    /// <summary>The layer's inputs: tr(E C Eᵀ), C = E[x xᵀ].</summary>
    InputMoments,

    /// <summary>Inputs and outputs: tr(diag(q) E C Eᵀ), q from the gradients of the model's outputs by the layer's rows.</summary>
    InputMomentsAndRows,

    /// <summary>
    /// As <see cref="InputMomentsAndRows"/>, but half of C counts each token t by ‖g_t‖², g the gradient of the model's outputs by the layer's:
    /// C = ½ E[x xᵀ] + ½ E[‖g‖² x xᵀ], both of one trace. So tokens that the outputs hardly depend on, such as the patches in the last block of a
    /// classifier that reads its class token, do not decide how the layer is rounded.
    /// </summary>
    TokenMomentsAndRows,

    /// <summary>
    /// As <see cref="TokenMomentsAndRows"/>; and when the layers of the plan are rounded, rows of a matrix make up for each other's errors by G = E[g gᵀ], the second moments of
    /// the same gradients: tr(G E C Eᵀ), where rows alone know the diagonal of G.
    /// </summary>
    TokenMomentsAndOutputs,

    /// <summary>The paper's: Σ H ∘ E², H the diagonal label-free Hessian; low-rank factors are weighted by the sums of its rows.</summary>
    DiagonalHessian,
}

/// <summary>What weightings have in common.</summary>
internal static class ErrorWeightings
{
    /// <summary>Whether tokens count by their gradient.</summary>
    public static bool WeighsTokens(this ErrorWeighting weighting) => weighting is ErrorWeighting.TokenMomentsAndRows or ErrorWeighting.TokenMomentsAndOutputs;

    /// <summary>Whether the inputs' moments are part of the measure.</summary>
    public static bool UsesMoments(this ErrorWeighting weighting) => weighting is ErrorWeighting.InputMoments or ErrorWeighting.InputMomentsAndRows || weighting.WeighsTokens();
}
