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
/// <param name="Values">Its values, Wᵀ.</param>
/// <param name="Uses">The nodes that multiply with it.</param>
/// <param name="Bias">b, when the layer has a single use followed by the addition of a constant row.</param>
public sealed record LinearLayer(
    string Name,
    string TensorName,
    IReadOnlyList<long> Shape,
    Tensor Values,
    IReadOnlyList<Node> Uses,
    LayerBias? Bias)
    : Layer(Name, TensorName, Shape)
{
    /// <summary>Where rows of W are looked up besides, as those of token embeddings that are tied to the output.</summary>
    public IReadOnlyList<RowLookup> Lookups { get; init; } = [];

    /// <summary>Whether one product alone reads W, which may be fitted to the product's input then.</summary>
    internal bool HasOneUse => Uses.Count == 1 && !IsTied;

    /// <summary>Whether rows of the weight are looked up as well, as tied embeddings are.</summary>
    internal bool IsTied => Lookups.Count > 0;

    /// <summary>Output features.</summary>
    public int OutFeatures => (int)Shape[1];

    /// <summary>Input features.</summary>
    public int InFeatures => (int)Shape[0];

    /// <summary>W, [out, in]: a copy, so that the model's weights are not held twice.</summary>
    public Matrix<float> ToMatrix() => new Matrix<float>(InFeatures, OutFeatures, Values.Floats.ToArray()).Transpose();

    /// <summary>A weight [out, in] as MatMul stores it, [in, out].</summary>
    internal static Tensor Stored(Matrix<float> weight) => Tensor.Of(weight.Transpose().Values.AsSpan(), weight.Columns, weight.Rows);

    /// <summary>What the layer multiplies with.</summary>
    internal ProductForm Product => Integers is null ? ProductForm.OfProfile : Uses.All(u => Integers.Tensors.Contains(u.Input(0))) ? ProductForm.Bytes : ProductForm.Float;

    internal override IEnumerable<Node> OwnNodes => (Bias is null ? Uses : Uses.Append(Bias.Addition)).Concat(Lookups.SelectMany(l => (Node[])[l.Gather, l.Turn]));
}

/// <summary>Rows of a linear layer's W that are looked up: columns of the weight as MatMul stores it.</summary>
/// <param name="Gather">The node that picks columns, by flat indices.</param>
/// <param name="Turn">The node that makes rows of them.</param>
public sealed record RowLookup(Node Gather, Node Turn);

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

/// <summary>A weight of which no input moments are known, rounded row by row: all that is no product of a linear layer.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">Its shape, two axes or more.</param>
/// <param name="Values">Its values in single precision.</param>
public abstract record KernelLayer(string Name, string TensorName, IReadOnlyList<long> Shape, Tensor Values)
    : Layer(Name, TensorName, Shape)
{
    /// <summary>Rows of the weight as a matrix.</summary>
    public int Rows => (int)(Parameters / Columns);

    /// <summary>Weights in a row.</summary>
    public virtual int Columns => (int)(Parameters / Shape[0]);

    /// <summary>A copy of the values, [<see cref="Rows"/>, <see cref="Columns"/>].</summary>
    public Matrix<float> ToMatrix() => new(Rows, Columns, Values.Floats.ToArray());
}

/// <summary>A convolution's kernel, unrolled to [out, in/groups · height · width]; that of a transposed one to [in, out/groups · height · width].</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">[out, in/groups, height, width]; of a transposed convolution [in, out/groups, height, width].</param>
/// <param name="Values">Its values.</param>
public sealed record ConvolutionLayer(string Name, string TensorName, IReadOnlyList<long> Shape, Tensor Values)
    : KernelLayer(Name, TensorName, Shape, Values);

/// <summary>A weight that bodies of If, Loop or Scan read: what they compute with it is not seen, only how far it is from what it was. A row for each index of the first axis.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">Its shape, two axes or more.</param>
/// <param name="Values">Its values.</param>
public sealed record BodyLayer(string Name, string TensorName, IReadOnlyList<long> Shape, Tensor Values)
    : KernelLayer(Name, TensorName, Shape, Values);

/// <summary>A table whose rows are looked up, such as token embeddings: the first operand of Gather along axis 0.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">[rows, width].</param>
/// <param name="Values">Its values.</param>
/// <param name="Uses">The Gather nodes.</param>
public sealed record TableLayer(string Name, string TensorName, IReadOnlyList<long> Shape, Tensor Values, IReadOnlyList<Node> Uses)
    : KernelLayer(Name, TensorName, Shape, Values)
{
    internal override IEnumerable<Node> OwnNodes => Uses;
}

/// <summary>A constant of several long rows that is read as a whole, such as position embeddings, which are added. A row for each index of all axes but the last.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">[…, width].</param>
/// <param name="Values">Its values.</param>
public sealed record EmbeddingLayer(string Name, string TensorName, IReadOnlyList<long> Shape, Tensor Values)
    : KernelLayer(Name, TensorName, Shape, Values)
{
    /// <inheritdoc/>
    public override int Columns => (int)Shape[^1];
}

/// <summary>Any other constant: biases, normalisation parameters, small embeddings.</summary>
/// <param name="Name">Short name.</param>
/// <param name="TensorName">The initializer.</param>
/// <param name="Shape">Its shape.</param>
public sealed record ConstantLayer(string Name, string TensorName, IReadOnlyList<long> Shape)
    : Layer(Name, TensorName, Shape);
