using BenchmarkDotNet.Attributes;
using MathNet.Numerics.LinearAlgebra.Double;
using Mlorq.Numerics;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>L⁻¹ in double precision. MathNet has no inverse of a triangle; its general one does about six times the operations.</summary>
public class TriangularInverseBenchmarks
{
    private Matrix<double> lower = new(0, 0);
    private DenseMatrix mathNet = new(1);

    [Params(192, 768)]
    public int N { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        lower = Cholesky.Decompose(RandomMatrix.PositiveDefinite(N)).Lower;
        mathNet = new DenseMatrix(N, N, lower.Transpose().Values);
    }

    [Benchmark(Baseline = true)]
    public Matrix<double> Mlorq() => Cholesky.InverseOfLower(lower);

    [Benchmark]
    public object MathNet() => mathNet.Inverse();
}
