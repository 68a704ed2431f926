namespace Mlorq.Benchmarks.Kernels;

/// <summary>The sizes of a product [Rows, Depth] · [Depth, Columns].</summary>
public sealed record ProductShape(int Rows, int Depth, int Columns)
{
    /// <summary>The shapes that are measured: two square ones and an MLP layer of a ViT-Base.</summary>
    public static IEnumerable<ProductShape> Measured => [new(768, 768, 768), new(1024, 1024, 1024), new(197, 768, 3072)];

    public override string ToString() => $"{Rows}x{Depth}x{Columns}";
}
