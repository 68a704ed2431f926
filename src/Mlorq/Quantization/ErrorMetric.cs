using Mlorq.Numerics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Quantization;

/// <summary>
/// The local measure of a weight error E = W − Ŵ: local(E) = tr(diag(q) E C Eᵀ), the squared error of the layer's output with a weight for each
/// row, with everything that scale search, low-rank factors and compensated rounding need of C, computed once.
/// </summary>
public sealed class ErrorMetric
{
    private ErrorMetric? _ofFactors;
    private ColumnFeedback? _asStored;

    private ErrorMetric(Matrix<double> moments, float[]? rows = null, Matrix<float>? elements = null)
    {
        Moments = moments;
        Rows = rows;
        Elements = elements;
        Single = moments.ToSingle();
        var n = moments.Rows;
        Diagonal = new float[n];
        for (var i = 0; i < n; i++) Diagonal[i] = (float)moments[i, i];
        // Columns of large inputs are rounded first, while many others can still make up for them (act-order).
        ByEnergy = new ColumnFeedback(moments, [.. Enumerable.Range(0, n).OrderByDescending(i => Diagonal[i]).ThenBy(i => i)]);
    }

    /// <summary>C, [in, in].</summary>
    public Matrix<double> Moments { get; }

    /// <summary>C in single precision.</summary>
    public Matrix<float> Single { get; }

    /// <summary>q, a weight ≥ 0 for each row (output feature), 1 on average; null where all count alike.</summary>
    public float[]? Rows { get; }

    /// <summary>H [out, in], a weight for each single element; null unless the measure is Σ H ∘ E², for which C = I and q the sums of H's rows are kept for low-rank factors.</summary>
    public Matrix<float>? Elements { get; }

    /// <summary>The same without weights of single elements, which factors do not have.</summary>
    public ErrorMetric OfFactors => Elements is null ? this : _ofFactors ??= new ErrorMetric(Moments, Rows);

    /// <summary>The diagonal of C.</summary>
    public float[] Diagonal { get; }

    /// <summary>Columns in the order of rounding.</summary>
    public int[] Order => ByEnergy.Order;

    /// <summary>Upper U with UᵀU = C⁻¹, rows and columns in the order of rounding, each row divided by its diagonal element.</summary>
    public Matrix<float> Feedback => ByEnergy.Factor;

    /// <summary>What columns pass on in the order of falling energy.</summary>
    internal ColumnFeedback ByEnergy { get; }

    /// <summary>The same in the order in which columns are stored, which is that of a trellis.</summary>
    internal ColumnFeedback AsStored => _asStored ??= new ColumnFeedback(Moments, [.. Enumerable.Range(0, Moments.Rows)]);

    /// <summary>The metric of second moments C + λ · mean(diag C) · I.</summary>
    /// <param name="moments">C, [in, in], symmetric.</param>
    /// <param name="ridge">λ. Tokens of one sample resemble each other, so a few hundred samples say less about C than their number of
    /// tokens suggests; without a ridge, rounding fits what is peculiar to them (measured in docs/decisions/0003).</param>
    /// <param name="rows">q [out], scaled to 1 on average here; null where all rows count alike.</param>
    public static ErrorMetric Of(Matrix<double> moments, double ridge, IReadOnlyList<double>? rows = null)
    {
        var result = moments.Copy();
        double mean = 0;
        for (var i = 0; i < result.Rows; i++) mean += Math.Max(0, moments[i, i]) / result.Rows;
        for (var i = 0; i < result.Rows; i++) result[i, i] += (mean > 0 ? mean : 1) * ridge;
        return new ErrorMetric(result, rows is null ? null : Scaled(rows));
    }

    /// <summary>The metric Σ H ∘ E² of a diagonal Hessian H [out, in], scaled to 1 on average here, so that its errors and those of factors, which know rows only, have one unit.</summary>
    public static ErrorMetric Elementwise(Matrix<double> hessian)
    {
        var sums = new double[hessian.Rows];
        for (var i = 0; i < sums.Length; i++)
        {
            foreach (var h in hessian.Row(i)) sums[i] += h;
        }

        var mean = sums.Sum() / hessian.Values.Length;
        var scaled = new Matrix<double>(hessian.Rows, hessian.Columns, Array.ConvertAll(hessian.Values, h => mean > 0 ? h / mean : 1));
        return new ErrorMetric(Matrix<double>.Identity(hessian.Columns), Scaled(sums), scaled.ToSingle());
    }

    /// <summary>The metric that treats all inputs alike (C = I).</summary>
    public static ErrorMetric Plain(int inFeatures) => new(Matrix<double>.Identity(inFeatures));

    /// <summary>The error of E = <paramref name="weights"/> − <paramref name="approximation"/>.</summary>
    public double Error(Matrix<float> weights, Matrix<float> approximation) => Energy(Difference(weights, approximation));

    /// <summary>What each row of <paramref name="weights"/> − <paramref name="approximation"/> has of the error, [out].</summary>
    internal double[] RowErrors(Matrix<float> weights, Matrix<float> approximation) => RowEnergies(Difference(weights, approximation));

    /// <summary>tr(diag(q) E C Eᵀ), or Σ H ∘ E².</summary>
    public double Energy(Matrix<float> error) => Total(RowEnergies(error));

    /// <summary>The same, given E C as well.</summary>
    internal double Energy(Matrix<float> error, Matrix<float> product) => Elements is null ? Total(RowEnergies(error, product)) : Energy(error);

    /// <summary>q of a row; 1 where all count alike.</summary>
    public float RowWeight(int row) => Rows is null ? 1 : Rows[row];

    /// <summary>diag(q) M for a matrix of the layer's rows.</summary>
    public Matrix<float> WeightRows(Matrix<float> matrix)
    {
        if (Rows is null) return matrix;
        var result = matrix.Copy();
        for (var i = 0; i < result.Rows; i++)
        {
            foreach (ref var value in result.Row(i)) value *= Rows[i];
        }

        return result;
    }

    /// <summary>tr(E C Eᵀ) for any moments C, all rows alike.</summary>
    internal static double Energy(Matrix<float> error, Matrix<double> moments)
    {
        var product = MatrixProduct.Multiply(error, moments.ToSingle());
        double sum = 0;
        for (var i = 0; i < error.Rows; i++) sum += Dot(product.Row(i), error.Row(i));
        return sum;
    }

    /// <summary>M C for rows M [rows, in].</summary>
    internal Matrix<float> Product(Matrix<float> rows)
    {
        if (rows.Rows != 1) return MatrixProduct.Multiply(rows, Single);
        // For one row the product of matrices would first bring all of C into its order.
        var (row, result) = (rows.Values, new float[rows.Columns]);
        for (var j = 0; j < row.Length; j++)
        {
            if (row[j] != 0) TensorPrimitives.MultiplyAdd(Single.Row(j), row[j], result, result);
        }

        return new Matrix<float>(1, row.Length, result);
    }

    private static double Total(double[] energies)
    {
        double sum = 0;
        foreach (var energy in energies) sum += energy;
        return Math.Max(0, sum);
    }

    private double[] RowEnergies(Matrix<float> error) => RowEnergies(error, Elements is null ? Product(error) : Weighted(error, Elements));

    /// <summary>What each row of E has of the error, given E C as well.</summary>
    internal double[] RowEnergies(Matrix<float> error, Matrix<float> product)
    {
        var result = new double[error.Rows];
        for (var i = 0; i < result.Length; i++) result[i] = (Elements is null ? RowWeight(i) : 1) * Dot(product.Row(i), error.Row(i));
        return result;
    }

    /// <summary>E = <paramref name="weights"/> − <paramref name="approximation"/>.</summary>
    internal static Matrix<float> Difference(Matrix<float> weights, Matrix<float> approximation)
    {
        var result = new Matrix<float>(weights.Rows, weights.Columns);
        TensorPrimitives.Subtract(weights.Values, approximation.Values, result.Values);
        return result;
    }

    private static float[] Scaled(IReadOnlyList<double> rows)
    {
        var mean = rows.Average();
        return [.. rows.Select(r => mean > 0 ? (float)(r / mean) : 1)];
    }

    private static Matrix<float> Weighted(Matrix<float> error, Matrix<float> elements)
    {
        var result = error.Copy();
        for (var i = 0; i < result.Values.Length; i++) result.Values[i] *= elements.Values[i];
        return result;
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }
}
