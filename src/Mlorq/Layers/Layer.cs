using Mlorq.Activations;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Layers;

/// <summary>A constant tensor of the graph that can be stored in more than one way.</summary>
/// <param name="Name">Short name for people and for new tensors, for example <c>blocks.0/attn/qkv</c>.</param>
/// <param name="TensorName">The initializer that holds the values.</param>
/// <param name="Shape">The initializer's shape.</param>
public abstract record Layer(string Name, string TensorName, IReadOnlyList<long> Shape)
{
    /// <summary>The number of values.</summary>
    public long Parameters => Tensor.CountElements(Shape);

    /// <summary>The names that the file has for the values that the layer reads and computes.</summary>
    internal ShortNames Names { get; init; } = ShortNames.None;

    /// <summary>The tensors that are read as bytes with static scales; null where no scale is static.</summary>
    internal IntegerInputs? Integers { get; init; }

    /// <summary>The nodes that belong to the layer: taken out of the graph with it, and back in with what it becomes.</summary>
    internal virtual IEnumerable<Node> OwnNodes => [];
}

/// <summary>A linear operator y = x Wᵀ (+ b) with a constant weight, used by one node or several.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer, [in, out] as MatMul stores it.</param>
/// <param name="Shape">[in, out].</param>
/// <param name="Weight">W, [out, in].</param>
/// <param name="Uses">The nodes that multiply with it.</param>
/// <param name="Bias">b, when the layer has a single use followed by the addition of a constant row.</param>
public sealed record LinearLayer(
    string Name,
    string TensorName,
    IReadOnlyList<long> Shape,
    Matrix<float> Weight,
    IReadOnlyList<Node> Uses,
    LayerBias? Bias)
    : Layer(Name, TensorName, Shape)
{
    /// <summary>Output features.</summary>
    public int OutFeatures => Weight.Rows;

    /// <summary>Input features.</summary>
    public int InFeatures => Weight.Columns;

    /// <summary>What the layer multiplies with.</summary>
    internal ProductForm Product => Integers is null ? ProductForm.OfProfile : Uses.All(u => Integers.Tensors.Contains(u.Input(0))) ? ProductForm.Bytes : ProductForm.Float;

    internal override IEnumerable<Node> OwnNodes => Bias is null ? Uses : Uses.Append(Bias.Addition);
}

/// <summary>How a linear layer multiplies.</summary>
internal enum ProductForm
{
    /// <summary>As all layers of the runtime profile do.</summary>
    OfProfile,

    /// <summary>Its input comes as bytes with a static scale.</summary>
    Bytes,

    /// <summary>Its input stays float among others that come as bytes.</summary>
    Float,
}

/// <summary>A constant row that is added to a layer's output, read by nobody else, and stored with the layer.</summary>
/// <param name="TensorName">The initializer.</param>
/// <param name="Values">[out].</param>
/// <param name="Addition">The node that adds it.</param>
public sealed record LayerBias(string TensorName, float[] Values, Node Addition);

/// <summary>A table whose rows are looked up, such as token embeddings: the first operand of Gather along axis 0.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">[rows, width].</param>
/// <param name="Uses">The Gather nodes.</param>
public sealed record TableLayer(string Name, string TensorName, IReadOnlyList<long> Shape, IReadOnlyList<Node> Uses)
    : Layer(Name, TensorName, Shape)
{
    internal override IEnumerable<Node> OwnNodes => Uses;
}

/// <summary>A weight that is given back in single precision when the file is loaded, and read under its own name as before.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Weight">The values as a matrix, a row for each index of the first axis.</param>
public abstract record KernelLayer(string Name, string TensorName, IReadOnlyList<long> Shape, Matrix<float> Weight)
    : Layer(Name, TensorName, Shape);

/// <summary>A convolution's kernel, [out, in/groups, …].</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">[out, in/groups, height, width].</param>
/// <param name="Weight">The kernel unrolled to [out, in/groups · height · width].</param>
public sealed record ConvolutionLayer(string Name, string TensorName, IReadOnlyList<long> Shape, Matrix<float> Weight)
    : KernelLayer(Name, TensorName, Shape, Weight);

/// <summary>A weight that bodies of If, Loop or Scan read: what they compute with it is not seen, only how far it is from what it was.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">Its shape, two axes or more.</param>
/// <param name="Weight">The values as a matrix, a row for each index of the first axis.</param>
public sealed record BodyLayer(string Name, string TensorName, IReadOnlyList<long> Shape, Matrix<float> Weight)
    : KernelLayer(Name, TensorName, Shape, Weight);

/// <summary>Any other constant: biases, normalisation parameters, position embeddings that are added.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">Its shape.</param>
public sealed record ConstantLayer(string Name, string TensorName, IReadOnlyList<long> Shape)
    : Layer(Name, TensorName, Shape);
