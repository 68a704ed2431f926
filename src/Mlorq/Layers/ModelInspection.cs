using Mlorq.InterLayer;
using Mlorq.Onnx;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Rewriting;

namespace Mlorq.Layers;

/// <summary>A weight or another constant of a model as its file holds it.</summary>
/// <param name="Name">The layer's short name; for a constant that is no layer, the tensor's.</param>
/// <param name="Operator">The operator that reads it, in the file as given (Gemm, Conv, Gather …), or a function of Mlorq (<c>Linear3</c>).</param>
/// <param name="Form">How the values are stored: <c>fp32</c>, <c>fp16</c>, <c>rows8</c>, <c>q4g64</c> ….</param>
/// <param name="Shape">[out, in] of a linear layer; otherwise the tensor's shape.</param>
/// <param name="SizeInBytes">Bytes of the file: values, scales, zero points, names and the nodes that rebuild them.</param>
/// <param name="IsConstant">Whether it is a bias, a normalisation parameter or the like and no layer of its own.</param>
public sealed record InspectedLayer(string Name, string Operator, string Form, IReadOnlyList<long> Shape, long SizeInBytes, bool IsConstant)
{
    /// <summary>The number of values.</summary>
    public long Parameters => Tensor.CountElements(Shape);
}

/// <summary>What a model consists of and what can be compressed in it.</summary>
/// <param name="Producer">The tool that wrote the file.</param>
/// <param name="Opset">The version of the standard operators.</param>
/// <param name="IrVersion">The version of the ONNX IR.</param>
/// <param name="Inputs">The inputs.</param>
/// <param name="Outputs">The outputs.</param>
/// <param name="Nodes">The number of nodes of the main graph.</param>
/// <param name="SizeInBytes">The model with everything inside.</param>
/// <param name="Metadata">Free-form entries of the file.</param>
/// <param name="Layers">Constants that can be stored in more than one way, in graph order; of a compressed file, those it holds.</param>
/// <param name="LeftAlone">What stays as it is, and why; empty for a compressed file.</param>
public sealed record ModelInspection(
    string Producer,
    long Opset,
    long IrVersion,
    IReadOnlyList<ValueInfo> Inputs,
    IReadOnlyList<ValueInfo> Outputs,
    int Nodes,
    long SizeInBytes,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<InspectedLayer> Layers,
    IReadOnlyList<LeftAlone> LeftAlone)
{
    private const string VersionKey = "mlorq.version";

    /// <summary>The tensors whose change is the price of a weight error, in graph order; empty for a compressed file, without layers, and where the model cannot be differentiated.</summary>
    public IReadOnlyList<string> ProjectedTensors { get; init; } = [];

    /// <summary>Why the model cannot be differentiated, in a line that names node and operator; null where it can be, or there is nothing to differentiate by.</summary>
    public string? WhyNotDifferentiable { get; init; }

    /// <summary>What ONNX Runtime makes of the layers when it loads the file; null for a file that Mlorq did not write.</summary>
    public RuntimeProfile? Runtime => !IsCompressed ? null : RuntimeNames.Find(Metadata.GetValueOrDefault(Planner.RuntimeKey, "")) ?? RuntimeProfile.Memory;

    /// <summary>Whether Mlorq wrote the file.</summary>
    public bool IsCompressed => Metadata.ContainsKey(VersionKey);

    /// <summary>The number of values of all layers and of what is left alone.</summary>
    public long Parameters => Layers.Sum(l => l.Parameters) + LeftAlone.Sum(l => l.Parameters);

    /// <summary>Looks at a model as it was read, compressed or not.</summary>
    /// <exception cref="Onnx.InvalidModelException">The model is too old, or breaks the rules of the format.</exception>
    /// <exception cref="WeightValueException">A weight is not a finite number.</exception>
    public static ModelInspection Of(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (IsWrittenByMlorq(model)) return Of(model, StoredLayers.Of(model.Graph), []);
        var canonical = Canonicalize.Apply(model);
        var found = LayerFinder.Survey(canonical);
        var (projected, obstacle) = Projected(canonical, found.Layers);
        return Of(model, Compressible(model, canonical.Graph, found), found.LeftAlone) with { ProjectedTensors = projected, WhyNotDifferentiable = obstacle };
    }

    private static ModelInspection Of(Model model, IReadOnlyList<InspectedLayer> layers, IReadOnlyList<LeftAlone> leftAlone) =>
        new(
            model.Producer,
            model.Opset,
            model.IrVersion,
            model.Graph.Inputs,
            model.Graph.Outputs,
            model.Graph.Nodes.Count,
            model.SizeInBytes,
            model.Metadata,
            layers,
            leftAlone);

    /// <summary>Whether Mlorq wrote a model.</summary>
    public static bool IsWrittenByMlorq(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Metadata.ContainsKey(VersionKey);
    }

    private static (IReadOnlyList<string> Tensors, string? Obstacle) Projected(Model canonical, IReadOnlyList<Layer> layers)
    {
        if (layers.Count == 0) return ([], null);
        try
        {
            return (Onnx.Gradients.ProjectedTensors.Default(canonical, [.. layers.SelectMany(SimulatedWeights.NamesOf)]), null);
        }
        catch (MissingGradientRuleException e)
        {
            return ([], $"node '{e.NodeName}' has operator {e.Operator}, which has no gradient");
        }
        catch (InvalidModelException)
        {
            return ([], "no float output depends on the weights");
        }
    }

    private static List<InspectedLayer> Compressible(Model model, Graph canonical, FoundLayers found)
    {
        // The passes keep the names of the nodes that they rewrite.
        var operators = model.Graph.Nodes.GroupBy(n => n.DisplayName).ToDictionary(g => g.Key, g => g.First().OpType);
        return [.. found.Layers.Select(layer => Describe(layer, canonical, operators))];
    }

    private static InspectedLayer Describe(Layer layer, Graph graph, Dictionary<string, string> operators)
    {
        var readers = layer is LinearLayer linear ? linear.Uses : graph.Readers(layer.TensorName);
        var names = readers.Select(r => operators.GetValueOrDefault(r.DisplayName, r.OpType)).Distinct();
        var shape = layer is LinearLayer { OutFeatures: var rows, InFeatures: var columns } ? [rows, columns] : layer.Shape;
        var size = new TensorSpec(layer.TensorName, ElementType.Float, layer.Shape).SizeInBytes;
        return new InspectedLayer(layer.Name, string.Join(", ", names), "fp32", shape, size, layer is ConstantLayer or EmbeddingLayer);
    }
}
