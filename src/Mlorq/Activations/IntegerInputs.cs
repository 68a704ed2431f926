using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>Which tensors integer products read as bytes with static scales, and the names of these bytes.</summary>
/// <param name="Tensors">Tensors of the canonical model.</param>
/// <param name="Marker">What names below a tensor's begin with, so that no other name is like them.</param>
/// <param name="StayFloat">What the file says of tensors that the guard left as they are; empty where it left none.</param>
internal sealed record IntegerInputs(IReadOnlySet<string> Tensors, string Marker, string StayFloat)
{
    /// <summary>Inputs of a model, with names that are free in it.</summary>
    public static IntegerInputs Of(Model model, IEnumerable<string> tensors, string stayFloat)
    {
        var graph = model.Graph;
        string[] names = [.. graph.Nodes.SelectMany(n => n.Outputs).Concat(graph.InitializerNames).Concat(graph.Inputs.Select(i => i.Name))];
        var marker = "u";
        while (names.Any(n => n.Contains($"/{marker}", StringComparison.Ordinal))) marker += "u";
        return new IntegerInputs(tensors.ToHashSet(), marker, stayFloat);
    }

    /// <summary>The name of a value between the factors of a layer with this output.</summary>
    public string Between(string output) => $"{output}/{Marker}";

    /// <summary>Of the convolution that gives the tensor: its kernel's bytes, their scales and zeros, and its bias.</summary>
    public IReadOnlyList<string> Kernel(string tensor) => [.. "kcnb".Select(part => $"{tensor}/{Marker}{part}")];

    /// <summary>The tensor's bytes, uint8, as left operands and inputs of layers.</summary>
    public string Codes(string tensor) => $"{tensor}/{Marker}8";

    /// <summary>Its bytes less 128, int8, as right operands.</summary>
    public string SignedCodes(string tensor) => $"{tensor}/{Marker}i";

    /// <summary>Its scale, fp32.</summary>
    public string Scale(string tensor) => $"{tensor}/{Marker}s";

    /// <summary>The byte of zero.</summary>
    public string ZeroPoint(string tensor) => $"{tensor}/{Marker}z";

    /// <summary>The signed byte of zero.</summary>
    public string SignedZeroPoint(string tensor) => $"{tensor}/{Marker}m";
}
