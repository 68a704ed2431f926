using BenchmarkDotNet.Attributes;
using MathNet.Numerics.LinearAlgebra.Double;
using Mlorq.Numerics;
using Symmetricity = MathNet.Numerics.LinearAlgebra.Symmetricity;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>A = V diag(λ) Vᵀ in double precision, with all eigenvectors.</summary>
public class SymmetricEigenBenchmarks
{
    private Matrix<double> a = new(0, 0);
    private DenseMatrix mathNet = new(1);

    [Params(192, 768)]
    public int N { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        a = RandomMatrix.PositiveDefinite(N);
        mathNet = new DenseMatrix(N, N, a.Copy().Values);
    }

    [Benchmark(Baseline = true)]
    public SymmetricEigen Mlorq() => SymmetricEigen.Decompose(a);

    [Benchmark]
    public object MathNet() => mathNet.Evd(Symmetricity.Symmetric);
}
