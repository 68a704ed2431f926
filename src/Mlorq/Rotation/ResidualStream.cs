using Mlorq.Onnx.Graphs;

namespace Mlorq.Rotation;

/// <summary>
/// Values of a graph that carry the same channels on their last axis, from what writes into them to the normalisations that read them. Where the last axis is
/// k times as wide as the stream (Swin joins four tokens before it normalises), it holds k sets of channels one after the other.
/// </summary>
/// <param name="Width">The number of channels.</param>
/// <param name="Rows">Constants whose last axis holds channels: weights [in, k · width] and biases of layers that write, tokens, tables of positions.</param>
/// <param name="Normalizations">What reads the stream.</param>
internal sealed record ResidualStream(int Width, IReadOnlyList<string> Rows, IReadOnlyList<StreamNormalization> Normalizations);

/// <summary>A LayerNormalization over the last axis and the layers behind it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Readers">The layers that read its output, and nothing else.</param>
internal sealed record StreamNormalization(Node Node, IReadOnlyList<StreamReader> Readers);

/// <summary>A layer that reads normalised channels.</summary>
/// <param name="Weight">[k · width, out].</param>
/// <param name="Bias">[out]; null where there is none.</param>
internal sealed record StreamReader(string Weight, string? Bias);
