using Mlorq.Benchmarks.Accuracy;

namespace Mlorq.Benchmarks.Sizes;

/// <summary>The size of a vision transformer for pictures of 224 × 224 in patches of 16 × 16, as Dosovitskiy et al. (arXiv 2010.11929, table 1) and DeiT have them.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Width">Channels of a token.</param>
/// <param name="Blocks">Transformer blocks.</param>
internal sealed record TransformerSize(string Name, int Width, int Blocks)
{
    /// <summary>Channels of a head; the same in all sizes.</summary>
    public const int HeadWidth = 64;

    private static readonly TransformerSize[] All = [new("vit-ti", 192, 12), new("vit-s", 384, 12), new("vit-b", 768, 12), new("vit-l", 1024, 24)];

    /// <summary>The names to choose from.</summary>
    public static string Names => string.Join('|', All.Select(s => s.Name));

    /// <summary>Attention heads.</summary>
    public int Heads => Width / HeadWidth;

    /// <summary>The size of a name.</summary>
    /// <exception cref="BenchmarkException">There is none.</exception>
    public static TransformerSize Of(string name) =>
        Array.Find(All, s => s.Name == name) ?? throw new BenchmarkException($"There is no size '{name}'; sizes are {Names}.");
}
