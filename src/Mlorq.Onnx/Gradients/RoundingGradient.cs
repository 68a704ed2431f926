namespace Mlorq.Onnx.Gradients;

/// <summary>What gradients make of operators that round to levels: Round, QuantizeLinear, DequantizeLinear.</summary>
public enum RoundingGradient
{
    /// <summary>Nothing passes: where a rounded value changes at all, it jumps. Right for prices, and for graphs that round to choose something.</summary>
    None,

    /// <summary>
    /// Rounding counts as the identity where nothing was clipped (the straight-through estimator, Bengio et al. 2013), so that what stands before a quantizer can be trained. The gradient by a scale
    /// is then that of LSQ (Esser et al. 2020): Σ G (x̂ − x) / s over the values between the first and the last level, and Σ G (c − z) over those that were clipped.
    /// </summary>
    StraightThrough,
}
