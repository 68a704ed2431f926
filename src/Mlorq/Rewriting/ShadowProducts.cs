using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// A compressed graph with the product of each call computed a second time, in single precision, from the call's own input. Where activations are rounded as they come, a sum that is
/// rounded otherwise in its last bit moves some of the next layer's inputs by a whole step, and after ten layers two right answers are as far apart as
/// their roundings. Layer by layer they are equal.
/// </summary>
internal static class ShadowProducts
{
    private const string Convolution = "QLinearConv";

    /// <summary>The change from each layer's arithmetic to what ONNX Runtime computes from the compressed model, in the order of the calls.</summary>
    /// <param name="compressed">A compressed model.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="inputs">Inputs of the model.</param>
    /// <param name="runtime">The runtime profile of the model.</param>
    /// <param name="run">How to work.</param>
    public static IReadOnlyList<(string Layer, OutputChange Change)> Compare(Model compressed, IReadOnlyList<RoundedLayer> layers, CalibrationSet inputs, RuntimeProfile runtime, RunSettings run)
    {
        var editor = compressed.Edit();
        var matrices = layers.SelectMany(l => Matrices(l, IsFloat(l, runtime)).Select(m => (m.Codes, m.Weight, m.Bias, IsFloat: IsFloat(l, runtime)))).ToDictionary(m => m.Codes);
        var calls = editor.Nodes.Where(n => n.OpType == SpeedFunctions.IntegerProduct || n.Is(Convolution) || (n.Domain == LinearFunctions.Domain && matrices.ContainsKey(n.Input(1)))).ToList();
        if (calls.Count == 0) return [];
        for (var i = 0; i < calls.Count; i++)
        {
            var name = $"mlorq/shadow/{i}";
            if (calls[i].OpType == SpeedFunctions.IntegerProduct)
            {
                AddProduct(editor, calls[i], name);
                continue;
            }

            if (calls[i].Is(Convolution))
            {
                AddConvolution(editor, calls[i], name);
                continue;
            }

            var (_, weight, bias, isFloat) = matrices[calls[i].Input(1)];
            AddLayer(editor, calls[i], weight, bias, isFloat, name);
        }

        using var runner = ModelRunner.Load(editor.ToModel());
        string[] outputs = [.. calls.SelectMany((_, i) => new[] { $"mlorq/shadow/{i}/noise", $"mlorq/shadow/{i}/signal" })];
        var changes = new OutputChange[calls.Count];
        OrderedWork.Run(
            inputs.Batches.Count,
            run with { Progress = null },
            b => runner.Run(inputs.Batches[b], outputs),
            (_, sums) =>
            {
                for (var i = 0; i < changes.Length; i++) changes[i] += new OutputChange(sums[2 * i].Floats[0], sums[(2 * i) + 1].Floats[0]);
            });
        return [.. calls.Select((call, i) => (call.DisplayName, changes[i]))];
    }

    // Whether it multiplies in single precision, with a layer's values as they are and not as bytes.
    private static bool IsFloat(RoundedLayer rounded, RuntimeProfile runtime) =>
        rounded.Layer is LinearLayer { Product: var product } && (product == ProductForm.Float || (product == ProductForm.OfProfile && runtime == RuntimeProfile.Memory));

    private static IEnumerable<(string Codes, Matrix<float> Weight, float[] Bias)> Matrices(RoundedLayer rounded, bool isFloat) => rounded switch
    {
        RoundedLayer.Dense dense => [(LinearFragment.CodesName(dense.Linear.Name, dense.Choice.Format), Multiplied(dense.Weight, isFloat), SimulatedWeights.BiasOf(dense))],
        RoundedLayer.MixedRows mixed =>
        [
            (LinearFragment.CodesName(mixed.Linear.Name, mixed.Choice.Low), isFloat ? mixed.Dequantize() : SignedBytes.Dequantize(mixed), SimulatedWeights.BiasOf(mixed)),
        ],
        RoundedLayer.LowRank pair =>
        [
            (LinearFragment.CodesName($"{pair.Linear.Name}/right", pair.Choice.Right), Multiplied(pair.Right, isFloat), []),
            (LinearFragment.CodesName($"{pair.Linear.Name}/left", pair.Choice.Left), Multiplied(pair.Left, isFloat), SimulatedWeights.BiasOf(pair)),
        ],
        _ => [],
    };

    private static Matrix<float> Multiplied(QuantizedMatrix matrix, bool isFloat) => isFloat ? matrix.Dequantize() : SignedBytes.Dequantize(matrix);

    private static void AddLayer(ModelEditor editor, Node call, Matrix<float> weight, float[] bias, bool isFloat, string name)
    {
        editor.SetInitializer($"{name}/w", LinearLayer.Stored(weight));
        editor.SetInitializer($"{name}/b", Tensor.Of(bias.Length > 0 ? bias : new float[weight.Rows], weight.Rows));
        if (isFloat)
        {
            editor.Nodes.Add(new Node("MatMul", $"{name}/matmul", [call.Input(0), $"{name}/w"], [$"{name}/product"]));
        }
        else if (SpeedFunctions.FindStatic(call.OpType) is not null)
        {
            editor.Nodes.Add(new Node("DequantizeLinear", "", [call.Input(0), call.Inputs[^2], call.Inputs[^1]], [$"{name}/x"]));
            editor.Nodes.Add(new Node("MatMul", $"{name}/matmul", [$"{name}/x", $"{name}/w"], [$"{name}/product"]));
        }
        else
        {
            editor.Nodes.AddRange(SimulatedBytes.Product(call.Input(0), $"{name}/w", $"{name}/product", name));
        }

        editor.Nodes.Add(new Node("Add", $"{name}/add", [$"{name}/product", $"{name}/b"], [$"{name}/y"]));
        AddDifference(editor, call, name);
    }

    // A product of two computed values, from the bytes of both.
    private static void AddProduct(ModelEditor editor, Node call, string name)
    {
        editor.Nodes.Add(new Node("DequantizeLinear", "", [call.Input(0), call.Input(2), call.Input(4)], [$"{name}/left"]));
        editor.Nodes.Add(new Node("DequantizeLinear", "", [call.Input(1), call.Input(3), call.Input(5)], [$"{name}/right"]));
        editor.Nodes.Add(new Node("MatMul", $"{name}/matmul", [$"{name}/left", $"{name}/right"], [$"{name}/y"]));
        AddDifference(editor, call, name);
    }

    // From bytes to bytes: the byte has to be the nearest one. Of sums that lie between two either may be, so what counts is by how much it is farther away than half a step.
    private static void AddConvolution(ModelEditor editor, Node call, string name)
    {
        editor.Nodes.Add(new Node("DequantizeLinear", "", [call.Input(0), call.Input(1), call.Input(2)], [$"{name}/x"]));
        editor.Nodes.Add(new Node("DequantizeLinear", "", [call.Input(3), call.Input(4), call.Input(5)], [$"{name}/kernel"], [NodeAttribute.Int("axis", 0)]));
        editor.Nodes.Add(new Node("Mul", "", [call.Input(4), call.Input(1)], [$"{name}/steps"]));
        editor.Nodes.Add(new Node("Cast", "", [call.Input(8)], [$"{name}/whole_bias"], [NodeAttribute.Int("to", (long)ElementType.Float)]));
        editor.Nodes.Add(new Node("Mul", "", [$"{name}/whole_bias", $"{name}/steps"], [$"{name}/bias"]));
        editor.Nodes.Add(new Node("Conv", $"{name}/conv", [$"{name}/x", $"{name}/kernel", $"{name}/bias"], [$"{name}/sums"], ConvolutionBytes.AttributesOf(call)));
        editor.SetInitializer($"{name}/ends", Tensor.Of([byte.MinValue, byte.MaxValue], 2));
        editor.SetInitializer($"{name}/half", Tensor.Of([0.5f]));
        editor.Nodes.Add(new Node("DequantizeLinear", "", [$"{name}/ends", call.Input(6), call.Input(7)], [$"{name}/range"]));
        editor.Nodes.Add(new Node("Split", "", [$"{name}/range"], [$"{name}/low", $"{name}/high"], [NodeAttribute.Int("num_outputs", 2)]));
        editor.Nodes.Add(new Node("Max", "", [$"{name}/sums", $"{name}/low"], [$"{name}/above"]));
        editor.Nodes.Add(new Node("Min", "", [$"{name}/above", $"{name}/high"], [$"{name}/within"]));
        editor.Nodes.Add(new Node("DequantizeLinear", "", [call.Outputs[0], call.Input(6), call.Input(7)], [$"{name}/y"]));
        editor.Nodes.Add(new Node("Sub", "", [$"{name}/within", $"{name}/y"], [$"{name}/signed"]));
        editor.Nodes.Add(new Node("Abs", "", [$"{name}/signed"], [$"{name}/distance"]));
        editor.Nodes.Add(new Node("Mul", "", [call.Input(6), $"{name}/half"], [$"{name}/allowed"]));
        editor.Nodes.Add(new Node("Sub", "", [$"{name}/distance", $"{name}/allowed"], [$"{name}/farther"]));
        editor.Nodes.Add(new Node("Relu", "", [$"{name}/farther"], [$"{name}/difference"]));
        AddSums(editor, name);
    }

    private static void AddDifference(ModelEditor editor, Node call, string name)
    {
        editor.Nodes.Add(new Node("Sub", "", [call.Outputs[0], $"{name}/y"], [$"{name}/difference"]));
        AddSums(editor, name);
    }

    private static void AddSums(ModelEditor editor, string name)
    {
        AddSquares(editor, $"{name}/difference", $"{name}/noise");
        AddSquares(editor, $"{name}/y", $"{name}/signal");
    }

    private static void AddSquares(ModelEditor editor, string value, string sum)
    {
        editor.Nodes.Add(new Node("ReduceSumSquare", "", [value], [sum], [NodeAttribute.Int("keepdims", 0)]));
        editor.AddOutput(sum, ElementType.Float);
    }
}
