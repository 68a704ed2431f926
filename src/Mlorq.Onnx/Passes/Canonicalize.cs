using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Brings any exported graph into the one form that all later steps read.
/// <para>Requires: opset 11 or newer.</para>
/// <para>
/// Ensures: opset 18 or newer; no functions but Mlorq's own; nothing computed in half precision; no large constants in bodies; linear layers with a constant float weight are MatMul(x, W [in, out]) and, where there is a bias, Add;
/// each has a bias row of its own; tables whose transpose is such a weight are looked up in it; other equal constants are one; nothing unused, no documentation, no shapes of inner values. Outputs are those of the given model but for
/// rounding in the last bits.
/// </para>
/// </summary>
public static class Canonicalize
{
    /// <summary>The model in canonical form.</summary>
    /// <exception cref="InvalidModelException">The model is too old, or breaks the rules of the format.</exception>
    public static Model Apply(Model model)
    {
        GraphCheck.Ensure(model);
        model = RaiseOpset.Apply(model);
        model = InlineFunctions.Apply(model);
        model = WidenHalf.Apply(model);
        model = LiftBodyConstants.Apply(model);
        model = FoldConstants.Apply(model);
        model = GemmToMatMul.Apply(model);
        model = PatchConvolutionToMatMul.Apply(model);
        model = MergeEqualConstants.Apply(model);
        model = TieTables.Apply(model);
        model = SeparateBiases.Apply(model);
        model = DropUnused.Apply(model);
        model = DropAnnotations.Apply(model);
        GraphCheck.Ensure(model);
        return model;
    }
}
