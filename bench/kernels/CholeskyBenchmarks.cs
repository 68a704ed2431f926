using BenchmarkDotNet.Attributes;
using MathNet.Numerics.LinearAlgebra.Double;
using Mlorq.Numerics;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>A = L Lᵀ in double precision.</summary>
public class CholeskyBenchmarks
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
    public Cholesky Mlorq() => Cholesky.Decompose(a);

    [Benchmark]
    public object MathNet() => mathNet.Cholesky();
}
