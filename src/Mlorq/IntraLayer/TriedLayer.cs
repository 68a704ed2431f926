using Mlorq.Layers;
using Mlorq.Rounding;

namespace Mlorq.IntraLayer;

/// <summary>A layer rounded in every way but low-rank pairs, of which there are too many to round each: those have full factors, quantized once for each width.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Candidates">Scored and rounded.</param>
/// <param name="Pairs">Low-rank pairs of all ranks; null where there are none.</param>
/// <param name="Rounding">For rounding further candidates; null for layers that are not linear.</param>
internal sealed record TriedLayer(Layer Layer, IReadOnlyList<ScoredCandidate> Candidates, FactorPairs? Pairs, LayerRounding? Rounding);
