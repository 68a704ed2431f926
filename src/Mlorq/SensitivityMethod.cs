namespace Mlorq;

/// <summary>How the price of an error in a layer is found.</summary>
public enum SensitivityMethod
{
    /// <summary>The expected squared change of the outputs to first order, ⟨E, D_s⟩² over samples s, D_s the gradient of a random projection of the outputs.</summary>
    SampleGradients,

    /// <summary>The paper's: the model is run with one layer compressed at a few points, and prices are interpolated in the local error.</summary>
    Measured,
}
