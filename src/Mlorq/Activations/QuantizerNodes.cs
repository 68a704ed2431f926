using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Activations;

/// <summary>The operators that round a tensor to a grid's levels.</summary>
internal static class QuantizerNodes
{
    /// <summary>Adds them behind the nodes so far, with names below the tensor's (<c>…/a4/scale</c>).</summary>
    /// <returns>The names of the rounded tensor and of the constant that holds the scale.</returns>
    public static (string Rounded, string Scale) Add(ModelEditor editor, UniqueNames names, string tensor, ActivationGrid grid)
    {
        var at = new Writer(editor, names, names.Fresh($"{tensor}/a{grid.Bits}"));
        return grid switch
        {
            ActivationGrid.Uniform uniform => AddUniform(at, tensor, uniform),
            ActivationGrid.LogSqrt2 log => AddLogarithmic(at, tensor, log),
            _ => throw new ArgumentException($"There are no operators for {grid}.", nameof(grid)),
        };
    }

    private static (string Rounded, string Scale) AddUniform(Writer at, string tensor, ActivationGrid.Uniform grid)
    {
        var (scale, zero) = (at.Constant("scale", grid.Scale), at.Constant("zero_point", grid.ZeroPoint));
        var codes = at.Node("QuantizeLinear", "codes", tensor, scale, zero);
        // QuantizeLinear clips to a byte.
        if (grid.Bits < ActivationGrid.MostBits) codes = at.Node("Clip", "clipped_codes", codes, "", at.Constant("last_code", grid.Levels - 1));
        return (at.Node("DequantizeLinear", "dequantized", codes, scale, zero), scale);
    }

    private static (string Rounded, string Scale) AddLogarithmic(Writer at, string tensor, ActivationGrid.LogSqrt2 grid)
    {
        var scale = at.Constant("scale", grid.Scale);
        var last = at.Constant("last_code", (float)(grid.Levels - 1));
        var positive = at.Node("Max", "positive", tensor, at.Constant("least_value", ActivationGrid.LogSqrt2.LeastValue));
        var logarithm = at.Node("Log", "log", at.Node("Div", "in_scales", positive, scale));
        var rounded = at.Node("Round", "rounded", at.Node("Mul", "log_sqrt2", logarithm, at.Constant("codes_per_neper", ActivationGrid.LogSqrt2.CodesPerNeper)));
        var codes = at.Node("Clip", "codes", rounded, at.Constant("first_code", 0f), last);
        var power = at.Node("Exp", "power", at.Node("Mul", "negative_log", codes, at.Constant("nepers_per_code", ActivationGrid.LogSqrt2.NepersPerCode)));
        var value = at.Node("Mul", "dequantized", power, scale);
        if (grid.Last == LastLevel.Zero) value = at.Node("Where", "or_zero", at.Node("Less", "is_not_last", codes, last), value, at.Constant("zero", 0f));
        return (value, scale);
    }

    private sealed class Writer(ModelEditor editor, UniqueNames names, string prefix)
    {
        public string Constant(string name, float value) => Constant(name, Tensor.Of([value]));

        public string Constant(string name, int code) => Constant(name, Tensor.Of([(byte)code]));

        public string Node(string opType, string name, params string[] inputs)
        {
            var output = names.Fresh($"{prefix}/{name}");
            editor.Nodes.Add(new Node(opType, output, inputs, [output]));
            return output;
        }

        private string Constant(string name, Tensor value)
        {
            var fresh = names.Fresh($"{prefix}/{name}");
            editor.SetInitializer(fresh, value);
            return fresh;
        }
    }
}
